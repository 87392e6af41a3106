"""The bench in a notebook: its page over a widget's messages, for where the browser reaches no port of this machine."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike
from typing import Any

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.live.bench import Bench, Part
from convscope.live.published import Beside
from convscope.live.talking import Talk
from convscope.notebook.html import box
from convscope.notebook.widget import widget_of
from convscope.studies.asking import atlas_of, collection, expect_network

_LEAST = 240  # CSS pixels: less shows nothing


@checked
def bench(
    net: Network,
    images: Images | None = None,
    *,
    atlas: Atlas | str | PathLike[str] | None = None,
    height: int = 860,
) -> Any:
    """The bench of a network as a notebook's widget: photos of your own, live. See docs/bench.md.

    It answers while no cell runs. Photos go from the browser to the notebook's kernel and stay in its memory.

    Args:
        net: the network.
        images: those that can be chosen from the start; the first one is shown at once.
        atlas: an atlas of the network, whose nine best stand beside its units.
        height: of the widget, in CSS pixels.

    Raises:
        UsageError: for a network without preprocessing, an atlas of another network, or no height. MissingExtra:
            without anywidget. And what opening the images raises.

    >>> bench("zoo:squeezenet1_1")
    Traceback (most recent call last):
    convscope.errors.UsageError: text is no network: load it first, as in load('zoo:squeezenet1_1')
    """
    expect_network(net)
    if height < _LEAST:
        raise UsageError(f"height={height}: {_LEAST} CSS pixels or more are needed")
    beside = atlas_of(atlas, net)
    source = None if images is None else collection(images)
    held = Bench(net, source=source, beside=None if beside is None else Beside.of(beside))

    def send(part: Part, data: list[bytes]) -> None:
        made.send(part, data)

    def still() -> str:
        return box(f"The bench of {net.name}", "run the cell: it answers where a kernel does", "")

    talk = Talk(held, send, atlas=None if beside is None else beside.path)
    made = widget_of(
        "BenchWidget",
        files("convscope.live.page").joinpath("bench-widget.js").read_text("utf-8"),
        {"route": "#/" if source is None else "#/?photo=0", "height": height},
        hear=lambda _, message, buffers: talk.hear(message, buffers),
        still=still,
        purpose="show the bench in a notebook",
        ending=talk.close,
    )
    return made


__all__ = ["bench"]
