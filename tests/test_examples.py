import json
import re

from examples import demo


def test_demo(tmp_path, capfd):
    demo.main(tmp_path / "out", "--steps", "3", "--threads", "1")
    out = capfd.readouterr().out
    assert re.search(r"PSNR 20\.\d\d dB before, \d+\.\d\d dB after: [+-]\d+\.\d\d dB", out)
    names = {"noisy.png", "denoised.png", "denoised.png.json", "compare.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    record = json.loads((tmp_path / "out" / "denoised.png.json").read_text())
    assert record["steps"] == 3 and record["noise"]["estimated"] and 23 < record["noise"]["sigma"] < 26
