"""The deconvnet: what one activation takes from an image, carried back to pixels."""

from convscope.methods.deconv.engine import Selection, SignalSize, project, project_all
from convscope.methods.deconv.projection import ProjectedPixels, join_projections, reorder
from convscope.methods.deconv.units import deconv
from convscope.methods.deconv.watched import project_watched

__all__ = [
    "ProjectedPixels",
    "Selection",
    "SignalSize",
    "deconv",
    "join_projections",
    "project",
    "project_all",
    "project_watched",
    "reorder",
]
