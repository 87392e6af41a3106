"""Where a network looks: a square slides over an image, and only what it changes is computed again."""

from convscope.methods.occlusion.occluders import Border, Fill, OccluderGrid
from convscope.methods.occlusion.occlusion import OcclusionMaps, join_occlusions, occlude, one_of
from convscope.methods.occlusion.parts import PartCost, part_costs

__all__ = [
    "Border",
    "Fill",
    "OccluderGrid",
    "OcclusionMaps",
    "PartCost",
    "join_occlusions",
    "occlude",
    "one_of",
    "part_costs",
]
