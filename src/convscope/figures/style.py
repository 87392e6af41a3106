"""What all figures share: a look that fits a paper's column, colours that the colour-blind can tell, exact files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from convscope.errors import UsageError, missing_extra
from convscope.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN = 3.4
"""Width of a figure in one column of a paper, in inches."""
PAGE = 7.0
"""Width of a figure across the page, in inches."""

# Okabe & Ito 2008: told apart with every kind of colour blindness, and in print.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")

FORMATS = (".png", ".svg", ".pdf")

_LOOK = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "svg.hashsalt": "convscope",  # the same figure has the same bytes
    "svg.fonttype": "none",
}


@contextmanager
def drawing() -> Iterator[Any]:
    """matplotlib's module `figure` with our look, for the time of drawing; no window opens.

    Raises:
        MissingExtra: without matplotlib.

    >>> with drawing() as figure:
    ...     drawn = figure.Figure(figsize=(COLUMN, 2))
    >>> float(drawn.get_figwidth())
    3.4
    """
    try:
        from cycler import cycler
        from matplotlib import figure, rc_context
    except ImportError as error:
        raise missing_extra("matplotlib", "plot", purpose="draw figures") from error
    look: Any = {**_LOOK, "axes.prop_cycle": cycler(color=COLOURS)}
    with rc_context(look):  # and no pyplot, so that no window system is asked for
        yield figure


def rendered(drawn: Figure, kind: Literal["png", "svg", "pdf"] = "png") -> bytes:
    """A figure as the bytes of a file, the same each time for the same figure."""
    buffer = io.BytesIO()
    # Dates and versions would make every file different.
    metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with drawing():
        drawn.savefig(buffer, format=kind, metadata=metadata, bbox_inches="tight", pad_inches=0.03)
    return buffer.getvalue()


def save(drawn: Figure, path: str | Path) -> Path:
    """The file that a figure was written to, whole or not at all; its ending says what it is: .png, .svg or .pdf.

    Raises:
        UsageError: for another ending. StoreError: where it cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise UsageError(f"figure '{path}': end its name in {', '.join(FORMATS)}")
    write_bytes(path, rendered(drawn, kind[1:]))  # pyright: ignore[reportArgumentType]
    return path


__all__ = ["COLOURS", "COLUMN", "FORMATS", "PAGE", "drawing", "rendered", "save"]
