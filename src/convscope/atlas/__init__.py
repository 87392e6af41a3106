"""The atlas: what every unit of a network responds to, as a folder that a browser opens from disk.

README.md in this folder describes the files: their names, their content, and what a change of schema means.
"""

from convscope.atlas.build import build_atlas
from convscope.atlas.inventory import Inventory, Stamp
from convscope.atlas.manifest import SCHEMA, AtlasOptions
from convscope.atlas.reading import Atlas, AtlasLayer, AtlasUnit
from convscope.atlas.render import TileSize, crop_patch, display
from convscope.atlas.store import LayerRecord
from convscope.atlas.summary import ClassPreference, Neighbours

__all__ = [
    "build_atlas",
    "Atlas",
    "AtlasLayer",
    "AtlasUnit",
    "AtlasOptions",
    "LayerRecord",
    "ClassPreference",
    "Neighbours",
    "TileSize",
    "Inventory",
    "Stamp",
    "crop_patch",
    "display",
    "SCHEMA",
]
