"""The page of a report: whole by itself, safe with strange names, with every claim, verdict and number on it."""

import base64
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import convscope as cs
from convscope.methods.paper.judging import VERDICTS, ClaimVerdict, MeasuredClaim
from convscope.methods.paper.table import BY_NAME
from convscope.studies.claims import ClaimDetail, ToldClaim
from convscope.studies.tested import TestedClaim

PNG = b"\x89PNG\r\n\x1a\n-not-really"
NAN = float("nan")


def told(measured: MeasuredClaim, **more: Any) -> ToldClaim:
    random = (MeasuredClaim(0.2, 0.15, 0.25, 9), MeasuredClaim(NAN, NAN, NAN, 0))
    return ToldClaim(
        measured, random, "above", "24 images; conv1 and fc", "a layer's", (ClaimDetail("conv1 <b>", 0.5, 0.4),), **more
    )


CLAIMS: dict[ClaimVerdict, TestedClaim] = {
    "agrees": TestedClaim(
        "invariance",
        "agrees",
        told(MeasuredClaim(0.3, 0.2, 0.4, 9), figure=np.frombuffer(PNG, np.uint8), caption="a & b"),
        3.2,
    ),
    "agrees, and so does a random network": TestedClaim(
        "selectivity", "agrees, and so does a random network", told(MeasuredClaim(0.3, 0.2, 0.4, 9)), 0.1
    ),
    "disagrees": TestedClaim("class", "disagrees", told(MeasuredClaim(-0.1, -0.2, 0.0, 9)), 70.0),
    "cannot tell": TestedClaim("map", "cannot tell", told(MeasuredClaim(0.1, 0.05, 0.3, 3)), 70.0),
    "needs": TestedClaim("depth", "needs", None, 0.0),
}


def page_of(answer: cs.Paper) -> bytes:
    """The page that an answer writes."""
    return dict(answer.files())["index.html"]


def report() -> cs.Paper:
    return cs.Paper("<script>alert(1)</script>", "9 images of \u202ea 'b'", 9, 3, tuple(CLAIMS.values()))


class Reader(HTMLParser):
    """What is on a page: tags, their attributes, text."""

    VOID = frozenset({"meta", "img", "line", "rect", "circle"})

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data + " "


@pytest.fixture(scope="module")
def page() -> Reader:
    return Reader(page_of(report()))


def test_every_tag_is_closed_and_every_claim_is_there_with_its_verdict(page: Reader) -> None:
    assert page.open == []
    sections = {attrs["id"]: attrs["class"] for tag, attrs in page.tags if tag == "section"}
    assert sections == {"invariance": "yes", "selectivity": "too", "class": "no", "map": "open", "depth": "needs"}
    for verdict in VERDICTS:
        assert ("needs more" if verdict == "needs" else verdict) in page.text
    linked = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert linked == [f"#{name}" for name in sections]


def test_nothing_is_loaded_and_no_script_is_on_it(page: Reader) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"}
    addresses = [attrs["src"] for tag, attrs in page.tags if tag == "img"]
    assert all(one.startswith("data:image/png;base64,") for one in addresses)
    assert "http" not in re.sub(r"data:[^\"]*", "", page_of(report()).decode())


def test_figures_are_whole_and_their_captions_text(page: Reader) -> None:
    (image,) = [attrs for tag, attrs in page.tags if tag == "img"]
    assert base64.b64decode(image["src"].partition(",")[2]) == PNG
    assert image["alt"] == "a & b"


def test_numbers_intervals_and_what_is_lacking_are_said(page: Reader) -> None:
    assert "30.0 %" in page.text
    assert "20.0 % to 40.0 %" in page.text
    assert "above 10.0 %, of at least 8 images" in page.text
    assert "3 images with room for such a box, and 6 are the least" in page.text
    assert BY_NAME["depth"].needs.replace("(ablation=)", "(ablation= or --ablation)") in page.text
    assert "holds for 1 of 2 seeds" in page.text
    assert "conv1 <b>" in page.text
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text


def test_what_is_missing_is_named_for_python_and_for_the_command_line() -> None:
    page = Reader(page_of(cs.Paper("net", "9 images", 9, 0, (TestedClaim("transfer", "needs", None, 0.0),))))
    assert "labelled images of other classes (target_set= or --target-set), fifteen" in page.text


def test_a_drawing_has_the_margin_and_a_mark_for_each_network_that_was_measured() -> None:
    drawn = re.findall(r"<svg.*?</svg>", page_of(report()).decode())
    assert len(drawn) == 4  # what needs something has none
    assert all(one.count("<circle") == 2 for one in drawn)  # the seed without a number has none
    first = drawn[0]
    at = {kind: float(value) for kind, value in re.findall(r'class="(own|random)".*?cx="([\d.]+)"', first)}
    margin = float(re.search(r'class="margin" x1="([\d.]+)"', first)[1])
    assert margin < at["random"] < at["own"]


def test_a_report_without_figures_or_random_weights_says_so() -> None:
    page = Reader(page_of(cs.Paper("net", "9 images", 9, 0, tuple(CLAIMS.values()), "install 'convscope[plot]'")))
    assert "No figures: install 'convscope[plot]'" in page.text
    assert "random weights were left out" in page.text


def test_a_number_that_is_nearly_nothing_has_no_minus() -> None:
    assert TestedClaim("selectivity", "needs", None, 0.0).shown(-0.0001) == "0.000"
    assert TestedClaim("class", "needs", None, 0.0).shown(-0.0001) == "0.0 %"
    assert TestedClaim("class", "needs", None, 0.0).shown(None) == "-"


def test_text_ends_no_table_and_rows_count_verdicts() -> None:
    answer = report()
    assert answer.verdicts == dict.fromkeys(VERDICTS, 1)
    assert len(answer) == 5
    assert [row["random holds"] for row in answer.rows()] == [1, 1, 1, 1, 0]
    assert answer.to_json()["claims"][0]["details"] == [{"name": "conv1 <b>", "value": 0.5, "random": 0.4}]
    (table,) = answer.tables()
    assert table.rows[0][:5] == ("invariance", "Fig. 5", "agrees", "30.0 %", "20.0 % to 40.0 %")
