"""The words of the tables in pages whose name ends in `.zh-CN.md`. Numbers stay as they are."""

import re

WORDS = {
    "PSNR": "PSNR",
    "SSIM": "SSIM",
    "house": "house",
    "image": "图像",
    "mean of nine": "九张的平均",
    "method": "方法",
    "non-local means (scikit-image)": "非局部均值（scikit-image）",
    "non-local means (scikit-image, sigma told)": "非局部均值（scikit-image，已知 sigma）",
    "of the paper's time": "占论文方法用时",
    "of the unseen five": "未参与选择的五张",
    "s for 512x512": "512x512 用时（秒）",
    "seconds": "用时（秒）",
    "steps": "步数",
    "the noisy file": "含噪文件",
    "the noisy files": "含噪文件",
    "total variation (scikit-image)": "全变差（scikit-image）",
    "total variation (scikit-image, default weight)": "全变差（scikit-image，默认权重）",
    "untaught, `best`": "untaught，`best`",
    "untaught, `draft`": "untaught，`draft`",
    "untaught, `normal`": "untaught，`normal`",
    "untaught, `paper`": "untaught，`paper`",
    "untaught, deep image prior, `best`": "untaught，深度图像先验，`best`",
    "untaught, network alone, `normal`": "untaught，只用网络，`normal`",
    "wavelets (scikit-image)": "小波（scikit-image）",
}


def in_chinese(table: str) -> str:
    """The table with each cell's words in Chinese. Raises: KeyError for a cell with letters that is not in `WORDS`."""
    return "\n".join("|".join(map(cell_in_chinese, line.split("|"))) for line in table.splitlines())


def cell_in_chinese(cell: str) -> str:
    """A cell without letters is left as it is."""
    words = cell.strip()
    return cell.replace(words, WORDS[words]) if re.search("[A-Za-z]", words) else cell
