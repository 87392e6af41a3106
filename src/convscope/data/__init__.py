"""Images: where they come from, how they are decoded, and how they become a network's input."""

from convscope.data.allowance import MAX_BYTES, MAX_PIXELS, Allowance, allowance_of
from convscope.data.cache import CachedSource, cached
from convscope.data.decoding import decode, decode_for, read_raster
from convscope.data.loading import Batch, Failure, batches, load_image, load_pixels
from convscope.data.looking import look
from convscope.data.preprocess import CAFFE_MEAN, IMAGENET_MEAN, IMAGENET_STD, Placement, Preprocess, Range
from convscope.data.ranges import settled
from convscope.data.rasters import Raster
from convscope.data.recipes import Numbers, RecipeName
from convscope.data.sources import (
    CREDITS,
    Images,
    Naming,
    Source,
    Subset,
    limit,
    open_source,
    subset,
    wrap_dataset,
    wrap_hub,
)

__all__ = [
    # collections
    "open_source",
    "Naming",
    "Source",
    "Images",
    "subset",
    "limit",
    "Subset",
    "wrap_dataset",
    "wrap_hub",
    "CREDITS",
    "CachedSource",
    "cached",
    # pixels
    "decode",
    "decode_for",
    "read_raster",
    "look",
    "Raster",
    "MAX_PIXELS",
    "MAX_BYTES",
    "Allowance",
    "allowance_of",
    "Preprocess",
    "Placement",
    "Range",
    "RecipeName",
    "Numbers",
    "settled",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "CAFFE_MEAN",
    # batches
    "batches",
    "load_image",
    "load_pixels",
    "Batch",
    "Failure",
]
