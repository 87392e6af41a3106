"""How answers show themselves in notebooks: HTML with pictures inside it, and the viewer as a widget.

An answer that can be shown is a `convscope.shown.Shown`; `html_of` finds how by its type.
"""

from functools import singledispatch

from convscope.atlas.reading import Atlas, AtlasUnit
from convscope.graph import LayerList, Network
from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.scan.found import LayerScan, Scanned, TopView
from convscope.methods.scan.topk import TopK
from convscope.notebook.answer import answer_html
from convscope.notebook.atlas import atlas_html, unit_html
from convscope.notebook.live import bench
from convscope.notebook.network import layers_html, network_html
from convscope.notebook.projection import projection_html
from convscope.notebook.scan import layer_html, scan_html, top_html, view_html
from convscope.shown import Shown


@singledispatch
def html_of(answer: Shown) -> str:
    """An answer as HTML; raises TypeError for one that nobody said how to show."""
    raise TypeError(f"nothing shows a {type(answer).__name__}: register a function with convscope.notebook.html_of")


html_of.register(ProjectedPixels, projection_html)
html_of.register(TopK, top_html)
html_of.register(LayerScan, layer_html)
html_of.register(TopView, view_html)
html_of.register(Scanned, scan_html)
html_of.register(Network, network_html)
html_of.register(LayerList, layers_html)
html_of.register(Atlas, atlas_html)
html_of.register(AtlasUnit, unit_html)

__all__ = ["answer_html", "bench", "html_of"]
