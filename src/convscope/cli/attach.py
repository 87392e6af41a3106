"""`convscope atlas attach`: another atlas beside an atlas, for its page to compare with."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import RUN, Common


def attach(
    folder: Path, other: Path, /, *, name: Annotated[str | None, Parameter(group=RUN)] = None,
    common: Common = Common(),
) -> None:  # fmt: skip
    """Put another atlas beside an atlas, so that its page compares the two side by side.

    Another model, or another checkpoint of the same. Files are linked where the disk can do that, so that nothing takes
    room twice. One of the same name is replaced.

        convscope atlas attach atlas atlas-of-epoch-10 --name epoch-10

    Args:
        folder: The atlas whose page is to show both.
        other: The atlas to put beside it.
        name: What the page calls the other one; by default the name of its folder.
    """
    from convscope.atlas import attach as attaching

    called = other.resolve().name if name is None else name
    place = attaching.attach(folder, other, called)
    terminal = common.terminal()
    terminal.result({"folder": str(folder), "name": called, "at": str(place)})
    terminal.say(f"{folder / 'index.html'}#/compare?with={called}")
