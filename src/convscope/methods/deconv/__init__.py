"""The deconvnet: what one activation takes from an image, carried back to pixels."""

from convscope.methods.deconv.engine import Request, Seed, project, project_all
from convscope.methods.deconv.projection import Projection, join, reorder
from convscope.methods.deconv.units import deconv

__all__ = ["Projection", "Request", "Seed", "deconv", "join", "project", "project_all", "reorder"]
