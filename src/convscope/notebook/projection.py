"""Projections as pictures."""

from convscope.methods.deconv.projection import Projection
from convscope.notebook.html import box, cell, picture, signed

_SHOWN = 36


def projection_html(found: Projection) -> str:
    """The first projections as pictures, with their units and activations."""
    shown = [
        cell(picture(signed(pixels.float().cpu().numpy()), title=str(unit)), f"{unit}: {value:.4g}")
        for pixels, unit, value in zip(found.pixels[:_SHOWN], found.units, found.values.tolist(), strict=False)
    ]
    return box(found.layer, f"{len(found)} projections, {found.report}", "".join(shown))


__all__ = ["projection_html"]
