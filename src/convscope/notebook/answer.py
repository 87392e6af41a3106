"""Any answer in a notebook: what it says in words, its table, and its figures."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from convscope.errors import MissingExtra
from convscope.notebook.html import box, cell, figure, table
from convscope.tables import counted

_ROWS = 20
_FIGURES = 3


class Drawn(Protocol):
    """A figure of an answer."""

    @property
    def caption(self) -> str:
        """What it shows."""
        ...

    @property
    def draw(self) -> Any:
        """Draws it, as PNG."""
        ...


class ToldAnswer(Protocol):
    """What is shown of an answer."""

    @property
    def summary(self) -> str:
        """In words."""
        ...

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """As a table."""
        ...

    def figures(self) -> Mapping[str, Drawn]:
        """In pictures."""
        ...


def answer_html(answer: ToldAnswer) -> str:
    """An answer as HTML: words, the first rows of its table, and its first figures, where they can be drawn."""
    rows, figures = list(answer.rows()), list(answer.figures().values())
    content = ""
    try:
        content = "".join(cell(figure(one.draw()), one.caption, width=720) for one in figures[:_FIGURES])
    except MissingExtra as error:
        content = box("", str(error), "")
    left = {"row": len(rows) - _ROWS, "figure": len(figures) - _FIGURES}
    more = [counted(count, f"more {noun}") for noun, count in left.items() if count > 0]
    if rows:
        head = list(dict.fromkeys(key for row in rows for key in row))
        content += table(head, [[_text(row.get(key)) for key in head] for row in rows[:_ROWS]])
    words = answer.summary.replace("\n\n", "\n")
    return box(type(answer).__name__, f"{words[:600]}{' ...' if len(words) > 600 else ''}", content + ", ".join(more))


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


__all__ = ["answer_html"]
