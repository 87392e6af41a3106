"""A network, and its layers, as a table."""

from convscope.graph import LayerList, Network
from convscope.graph.listing import table_of
from convscope.notebook.html import box, table


def layers_html(layers: LayerList) -> str:
    """The layers: name, operation, shape, units, receptive field."""
    listed = table_of(layers)
    return table(listed.head, listed.rows)


def network_html(net: Network) -> str:
    """What the network is, and its layers."""
    return box(net.name, net.summary.removeprefix(f"{net.name}: "), layers_html(net.layers))


__all__ = ["layers_html", "network_html"]
