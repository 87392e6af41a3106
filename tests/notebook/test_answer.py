"""What any answer shows of itself in a notebook: its words, its first figures, its table."""

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from convscope.errors import missing_extra
from convscope.notebook import answer_html
from convscope.studies.answer import Answer, Figure, Row
from convscope.studies.kept import context


def png(shade: int) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(np.full((4, 6, 3), shade, np.uint8)).save(memory, "PNG")
    return memory.getvalue()


def undrawable() -> bytes:
    raise missing_extra("matplotlib", "plot", purpose="draw figures")


@dataclass(eq=False, repr=False)
class Told(Answer):
    """An answer of given words, rows and figures."""

    words: str
    listed: tuple[dict[str, Any], ...] = ()
    pictures: Mapping[str, Figure] | None = context()

    @property
    def summary(self) -> str:
        return self.words

    def rows(self) -> tuple[Row, ...]:
        return self.listed

    def to_json(self) -> dict[str, Any]:
        return {}

    def drawings(self) -> Mapping[str, Figure]:
        return self.pictures or {}


def test_words_figures_and_rows_are_shown() -> None:
    figures = {f"{i}.png": Figure(f"figure {i}", lambda i=i: png(i)) for i in range(5)}
    rows = tuple({"layer": f"conv{i}", "mean": i / 3, "p": None} for i in range(23))
    html = Told("Two layers differ.\n\nOne does not.", rows, figures)._repr_html_()
    assert "Told</div>" in html
    assert "Two layers differ.\nOne does not." in html
    shown = [base64.b64decode(one) for one in re.findall(r'src="data:image/png;base64,([^"]+)"', html)]
    assert shown == [png(0), png(1), png(2)]
    assert ["figure 2" in html, "figure 3" in html, "2 more figures" in html] == [True, False, True]
    assert "white-space:pre-line" in html  # paragraphs are lines of their own
    assert html.count('overflow-x:auto"><table') == 1  # wide tables scroll, and the words beside them stay
    assert "<tr><th>layer</th><th>mean</th><th>p</th></tr><tr><td>conv0</td><td>0</td><td></td></tr>" in html
    assert "<tr><td>conv1</td><td>0.3333</td><td></td></tr>" in html
    assert ["conv19" in html, "conv20" in html, "3 more rows" in html] == [True, False, True]


def test_words_of_others_are_escaped() -> None:
    hostile = '"><script>x</script>'
    html = Told(hostile, ({hostile: hostile},), {"a.png": Figure(hostile, lambda: png(0))})._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 4


def test_long_words_are_cut_and_say_so() -> None:
    html = Told("a b " * 400)._repr_html_()
    assert "a b a b" in html
    assert " ...</div>" in html
    assert len(html) < 1000


def test_without_matplotlib_the_table_is_there_and_it_is_said() -> None:
    html = Told("words", ({"layer": "conv1"},), {"a.png": Figure("A", undrawable)})._repr_html_()
    assert "install 'convscope[plot]'" in html.replace("&#x27;", "'")
    assert "<td>conv1</td>" in html
    assert "<img" not in html


def test_rows_of_different_columns_stand_in_one_table() -> None:
    html = answer_html(Told("words", ({"a": 1}, {"b": True, "a": 0.5})))
    assert "<tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td></tr><tr><td>0.5</td><td>True</td></tr>" in html


def test_figures_stand_on_white_whatever_the_page_is() -> None:
    html = Told("words", (), {"a.png": Figure("A", lambda: png(0))})._repr_html_()
    assert re.search(r'<img alt="[^"]*" style="[^"]*background:#fff', html)
