"""The 2018 experiments as their authors ran them; some were tuned to one picture, which the names of several rows say.

Departures from the 2018 code, in all its rows: the running average begins as a plain mean of the iterates (theirs keeps
0.99^k of the first); weights get no noise (theirs were meant to and did not: `n = n + ...` rebinds a name); there is no
fall-back to an earlier checkpoint (theirs tests `i % show_every`, which is inverted); an image of any size is fitted
whole (theirs is cropped to a multiple of 32); noise comes from a seed.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit
from untaught.methods.plain import Plain
from untaught.networks.inputs import MeshGrid, Uniform
from untaught.networks.pixels import Pixels
from untaught.networks.skip import Skip
from untaught.optimisers.adam import Adam
from untaught.presets.row import Preset
from untaught.priors.total_variation import TotalVariation
from untaught.stoppers.budget import Budget

PYRAMID = (16, 32, 64, 128, 128)
DEEP = (16, 32, 64, 128, 128, 128)
WIDE = (128,) * 5
PAPER = "Ulyanov et al. 2018; the authors' "


def published(network: Network, steps: int, source: str, *, lr: float = 0.01, jitter: float = 0.03) -> Preset:
    """A row of the paper: Adam at a constant rate, the last iterate of a fixed number of steps."""
    fit = Fit(optimiser=Adam(lr=lr), steps=steps, average_decay=0.0)
    return Preset(network=network, method=Plain(jitter=jitter), fit=fit, stopper=Budget(), source=PAPER + source)


def averaged(row: Preset) -> Preset:
    """The same row, returning the running average that the paper's denoising returns."""
    return replace(row, fit=replace(row.fit, average_decay=0.99))


NO_PRIOR = published(Pixels(start="uniform"), 2000, "sr_prior_effect notebook", jitter=0.0)

OF_2018 = averaged(
    published(Skip(), 1800, "denoising notebook (F16; 3000 steps there, 1800 in the text)", jitter=1 / 30)
)


HALF = published(Skip(), 11000, "restoration notebook (barbara)", lr=0.001)
VASE = published(Skip(input=MeshGrid(), skip=(0,) * 5, upsampling="nearest"), 5001, "inpainting notebook (vase)")

PUBLISHED: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("denoise", "paper"): OF_2018,
        ("deep image prior", "paper"): OF_2018,
        ("denoise, network", "paper"): OF_2018,
        ("denoise, sigma 50", "paper"): averaged(
            published(Skip(), 1800, "denoising notebook (F16), its note for sigma 50", jitter=1 / 20)
        ),
        ("dejpeg", "paper"): averaged(
            published(
                Skip(input=Uniform(3), down=(8, 16, 32, 64, 128), up=(8, 16, 32, 64, 128), skip=(0, 0, 0, 4, 4)),
                2400,
                "denoising notebook (snail)",
                jitter=1 / 30,
            )
        ),
        ("upscale 4", "paper"): published(Skip(), 2000, "super-resolution notebook"),
        ("upscale 8", "paper"): published(Skip(), 4000, "super-resolution notebook", jitter=0.05),
        ("upscale 4, no prior", "paper"): NO_PRIOR,
        ("upscale 4, total variation", "paper"): replace(
            NO_PRIOR, fit=replace(NO_PRIOR.fit, prior=TotalVariation(), prior_weight=1e-7)
        ),
        ("inpaint text", "paper"): published(
            Skip(skip=WIDE, upsampling="nearest"), 6001, "inpainting notebook (kate, peppers)"
        ),
        ("inpaint hole", "paper"): VASE,
        ("inpaint hole, vase", "paper"): VASE,
        ("inpaint hole, library", "paper"): published(
            Skip(
                input=Uniform(1),
                down=DEEP,
                up=DEEP,
                skip=(0,) * 6,
                kernel_down=5,
                upsampling="nearest",
                one_by_one=False,
            ),
            3001,
            "inpainting notebook (library)",
            jitter=0.0,
        ),
        ("inpaint", "paper"): HALF,
        ("inpaint 50 %", "paper"): HALF,
        ("inpaint 98 %", "paper"): published(
            Skip(down=PYRAMID, up=PYRAMID, skip=(0,) * 5, downsampling="avg"),
            1000,
            "restoration notebook (kate)",
            jitter=0.0,
        ),
        ("guide", "paper"): published(
            Skip(upsampling=("nearest", "nearest", "bilinear", "bilinear", "bilinear")),
            601,
            "flash-no-flash notebook; there the input is the flash photograph: replace(network, input=Given(flash))",
            lr=0.1,
            jitter=0.0,
        ),
        ("invert features", "paper"): published(
            Skip(
                down=DEEP,
                up=DEEP,
                skip=(4,) * 6,
                kernel_down=(7, 7, 5, 5, 3, 3),
                kernel_up=(7, 7, 5, 5, 3, 3),
                downsampling="avg",
                upsampling="nearest",
                padding="zeros",
            ),
            3100,
            "feature_inversion notebook (fc6 of AlexNet)",
            lr=0.001,
            jitter=0.0,
        ),
        ("maximise activation", "paper"): published(
            Skip(
                down=DEEP,
                up=DEEP,
                skip=(0, 4, 4, 4, 4, 4),
                kernel_down=(5, 3, 5, 5, 3, 5),
                kernel_up=(5, 3, 5, 3, 5, 3),
                downsampling="avg",
            ),
            3100,
            "activation_maximization notebook (0.01 for fc8)",
            lr=0.001,
        ),
    }
)
