"""The untrained networks, and the inputs they start from."""

from untaught.networks.added import Added
from untaught.networks.conv_decoder import ConvDecoder
from untaught.networks.convolutions import Convolutions
from untaught.networks.coordinate import Coordinate
from untaught.networks.deep_decoder import DeepDecoder
from untaught.networks.inputs import Beside, Fourier, Given, MeshGrid, Normal, Uniform
from untaught.networks.pixels import Pixels
from untaught.networks.probability import Probability
from untaught.networks.random_projector import RandomProjector
from untaught.networks.resnet import ResNet
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.small_unet import SmallUNet
from untaught.networks.sub_pixel import SubPixel
from untaught.networks.unet import UNet

__all__ = [
    "Added",
    "Beside",
    "ConvDecoder",
    "Convolutions",
    "Coordinate",
    "DeepDecoder",
    "Fourier",
    "Given",
    "MeshGrid",
    "Normal",
    "Pixels",
    "Probability",
    "RandomProjector",
    "ResNet",
    "Several",
    "Skip",
    "SmallUNet",
    "SubPixel",
    "UNet",
    "Uniform",
]
