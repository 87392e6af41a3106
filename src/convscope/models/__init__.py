"""Networks: the zoo, loading by scheme, weights, and the preprocessing that belongs to them."""

from convscope.models.architecture import ALEXNET, VARIANTS, ZFNET, Architecture, Conv, Full, Norm
from convscope.models.imagenet import imagenet_classes
from convscope.models.initial import initialise
from convscope.models.loading import SCHEMES, load, load_with_module
from convscope.models.networks import ConvNet, build
from convscope.models.squeezenet import SqueezeNet
from convscope.models.tiny import TinyNet
from convscope.models.weights import Weights, load_into, read_weights, save_weights
from convscope.models.zoo import ZOO, ZooEntry, zoo_entry

__all__ = [
    # any network
    "load",
    "load_with_module",
    "SCHEMES",
    "imagenet_classes",
    # the zoo
    "ZOO",
    "ZooEntry",
    "zoo_entry",
    "SqueezeNet",
    "TinyNet",
    # the paper's family
    "Architecture",
    "Conv",
    "Full",
    "Norm",
    "ALEXNET",
    "ZFNET",
    "VARIANTS",
    "ConvNet",
    "build",
    "initialise",
    # weights
    "Weights",
    "read_weights",
    "save_weights",
    "load_into",
]
