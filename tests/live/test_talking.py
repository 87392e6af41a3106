"""The bench by messages: the answers of HTTP, photos in pieces, the newest first, and what is left when a page goes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope import open_source
from convscope.data.sources import wrap_dataset
from convscope.live import talking
from convscope.live.bench import Bench
from convscope.live.talking import Talk
from tests.live.making import encoded, picture, tiny


class Page:
    """A page as Python sees it: what it sends, and what it is sent."""

    def __init__(self, bench: Bench, **more: Any) -> None:
        self.heard: list[tuple[dict[str, Any], list[bytes]]] = []
        self._changed = threading.Condition()
        self.talk = Talk(bench, self._hear, **more)
        self._count = 0

    def _hear(self, message: dict[str, Any], data: list[bytes]) -> None:
        with self._changed:
            self.heard.append((json.loads(json.dumps(message, allow_nan=False)), data))
            self._changed.notify_all()

    def send(self, do: str, *buffers: bytes, **said: Any) -> str:
        self._count += 1
        number = f"m{self._count}"
        self.talk.hear({"id": number, "do": do, **said}, [memoryview(one) for one in buffers])
        return number

    def got(self, number: str) -> list[dict[str, Any]]:
        return [message for message, _ in self.heard if message["id"] == number]

    def value(self, number: str) -> Any:
        (message,) = self.got(number)
        return message["value"]

    def error(self, number: str) -> str:
        (message,) = self.got(number)
        return message["error"]

    def parts(self, number: str) -> list[dict[str, Any]]:
        """The parts of an answer, once it has ended."""

        def parts() -> list[dict[str, Any]]:
            return [one["part"] for one in self.got(number) if "part" in one]

        with self._changed:
            assert self._changed.wait_for(lambda: {"done", "stale", "error"} & {*(parts() or [{}])[-1]}, 20), self.heard
        assert self.got(number)[0] == {"id": number, "heard": True}
        return parts()

    def put(self, content: bytes, name: str = "own.png", tab: str = "t") -> dict[str, Any]:
        return self.value(self.send("photo", content, tab=tab, name=name, upload="u", size=len(content), first=0))

    def ask(self, tab: str = "t", **said: Any) -> str:
        return self.send("ask", tab=tab, said=said)


def made() -> Bench:
    source = open_source(wrap_dataset([picture(seed) for seed in (3, 4, 5)]))
    return Bench(tiny(), spec="py:nets:tiny", source=source)


@pytest.fixture
def page() -> Iterator[Page]:
    found = Page(made())
    yield found
    found.talk.close()
    assert found.talk.engine.join(10)


QUESTIONS: list[dict[str, Any]] = [
    {"kind": "look"},
    {"kind": "look", "layers": ["1"], "followed": ["4:2"], "cover": {"at": [[9, 9]], "size": 6}},
    {"kind": "look", "silenced": ["1:3"]},
    {"kind": "project", "unit": "4:2", "rule": "guided"},
    {"kind": "causes", "unit": "4:2"},
    {"kind": "sweep", "size": 8, "stride": 8},
    {"kind": "curve", "name": "rotation", "amounts": [0, 45]},
    {"kind": "python", "steps": [{"kind": "project", "unit": "4:2"}]},
    {"kind": "look", "layers": ["none"]},
]


def test_the_answers_are_those_of_http() -> None:
    pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")
    from tests.server.serving import serving

    with serving(made()) as http:
        page = Page(made())
        assert page.value(page.send("about")) == json.loads(http.ask("GET", "/bench/api/about")[2])
        told, over = page.put(encoded(picture())), http.put(encoded(picture()))
        assert {**told, "photo": ""} == {**over, "photo": ""}
        for said in QUESTIONS:
            parts = page.parts(page.ask(**said, photo=told["photo"]))
            assert parts == http.parts({**said, "photo": over["photo"]}), said
        assert parts[-1]["error"].startswith("layer 'none' is not")
        chosen = page.value(page.send("choose", tab="t", number=1))
        other = json.loads(http.ask("POST", "/bench/api/choose", {"tab": "t", "number": 1})[2])
        assert {**chosen, "photo": ""} == {**other, "photo": ""}
        listed = json.loads(http.ask("GET", "/bench/api/images?from=1")[2])
        assert page.value(page.send("images", **{"from": 1, "text": ""})) == listed
        number = page.send("thumb", number=2)
        assert [data for message, data in page.heard if message["id"] == number] == [
            [http.ask("GET", "/bench/api/image/2")[2]]
        ]
        page.talk.close()
        assert page.talk.engine.join(10)


def test_a_photo_comes_in_pieces(page: Page) -> None:
    content = encoded(picture())
    how = {"tab": "t", "name": "own.png", "upload": "u", "size": len(content)}
    assert page.value(page.send("photo", content[:100], **how, first=0)) == {"there": 100}
    assert page.value(page.send("photo", content[100:150], content[150:200], **how, first=100)) == {"there": 200}
    whole = page.value(page.send("photo", content[200:], **how, first=200))
    assert whole["picture"] == page.put(content)["picture"]


def test_pieces_that_are_wrong_are_refused_and_let_go_of(page: Page) -> None:
    how = {"tab": "t", "name": "a.png", "upload": "u", "size": 300}
    page.send("photo", b"x" * 100, **how, first=0)
    for said in (
        {**how, "first": 200},  # one between is missing
        {**how, "first": 100, "upload": "v"},  # of another photo
        {**how, "first": 100, "size": 400},
    ):
        assert "choose it again" in page.error(page.send("photo", b"x" * 100, **said))
    assert "cannot be right" in page.error(page.send("photo", b"x" * 201, **how, first=100))
    assert "cannot be right" in page.error(page.send("photo", **how, first=100))
    assert "more than the" in page.error(page.send("photo", b"x", **{**how, "size": 1 << 30}, first=0))
    assert page.error(page.send("photo", b"y" * 300, **how, first=0)).startswith("a.png: not an image")
    assert page.error(page.send("photo", **{**how, "size": 0}, first=0)) == "a.png: the file is empty"
    for tab in "abcdef":
        page.send("photo", b"x", **{**how, "tab": tab}, first=0)
    assert len(page.talk._coming) == talking._COMING  # pyright: ignore[reportPrivateUsage]


def test_the_newest_goes_first_and_what_is_stale_ends(page: Page) -> None:
    photo = page.put(encoded(picture()))["photo"]
    sweep = page.ask(kind="sweep", photo=photo, size=2, stride=1)
    looks = [page.ask(kind="look", photo=photo, cover={"at": [[n, n]], "size": 6}) for n in range(3, 20)]
    assert page.parts(looks[-1])[-1] == {"done": True}
    ended = [page.parts(one)[-1] for one in looks]
    assert {"stale": True} in ended  # others came between and took its place
    assert not any("done" in message.get("part", {}) for message in page.got(sweep))  # it was put aside
    other = page.ask("another page", kind="look", photo=photo)
    assert "not held" in page.parts(other)[-1]["error"]
    page.send("leave", of=sweep)
    assert page.parts(sweep)[-1] == {"stale": True}


def test_a_page_that_goes_takes_its_work_and_its_photos_with_it(page: Page) -> None:
    photo, kept = page.put(encoded(picture()))["photo"], page.put(encoded(picture()), tab="other")["photo"]
    sweep = page.ask(kind="sweep", photo=photo, size=2, stride=1)
    page.send("close", tab="t")
    assert page.parts(sweep)[-1] == {"stale": True}
    assert "not held" in page.parts(page.ask(kind="look", photo=photo))[-1]["error"]
    assert page.parts(page.ask("other", kind="look", photo=kept))[-1] == {"done": True}


def test_closing_ends_everything(page: Page) -> None:
    photo = page.put(encoded(picture()))["photo"]
    sweep = page.ask(kind="sweep", photo=photo, size=1, stride=1)
    started = time.monotonic()
    page.talk.close()
    assert page.parts(sweep)[-1] == {"stale": True}
    assert page.talk.engine.join(10)
    assert time.monotonic() - started < 5
    assert page.parts(page.ask(kind="look", photo=photo)) == [{"stale": True}]
    assert page.talk._jobs == {}  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"do": "nothing"}, "is not a choice"),
        ({"do": "ask", "tab": "t"}, "the question is needed"),
        ({"do": "ask", "said": {}}, "tab"),
        ({"do": "ask", "tab": "t", "said": [1]}, "the question is needed"),
        ({"do": "choose", "tab": "t", "number": 3}, "no image 3"),
        ({"do": "choose", "tab": "t", "number": "x"}, "a number from 0"),
        ({"do": "thumb", "number": 9}, "no such image"),
        ({"do": "images", "from": -1}, "a number from 0"),
        ({"do": "picture", "path": "x"}, "no atlas beside"),
        ({"do": "photo", "tab": "t", "upload": "u", "size": 1.5, "first": 0}, "whole number"),
        ({"do": "leave", "of": {}}, "of: a text"),
        ({"do": ["ask"]}, "is not a choice"),
    ],
)
def test_what_makes_no_sense_is_said(page: Page, said: dict[str, Any], told: str) -> None:
    page.talk.hear({"id": "x", **said})
    assert told in page.error("x")


def test_what_is_no_message_is_left_alone(page: Page) -> None:
    for message in (None, "about", [1], {}, {"do": "about"}, {"do": "about", "id": 3}, {"do": "about", "id": "x" * 99}):
        page.talk.hear(message)
    assert page.heard == []


def test_pictures_are_those_of_the_atlas_alone(tmp_path: Path) -> None:
    from tests.web.making import make_atlas

    atlas = make_atlas(tmp_path / "atlas")
    (tmp_path / "secret.webp").write_bytes(b"RIFF....WEBP")
    page = Page(made(), atlas=atlas.path)
    number = page.send("picture", path="pictures/01-4/7.webp")
    ((message, (content,)),) = [one for one in page.heard if one[0]["id"] == number]
    assert (message["value"], content[8:12]) == ({"type": "image/webp"}, b"WEBP")
    for path in ("../secret.webp", "data/manifest.js", "store/manifest.json", "pictures/01-4/none.webp"):
        page.error(page.send("picture", path=path))
    page.talk.close()


def test_a_large_photo_is_not_copied_without_end() -> None:
    """Pieces of a megabyte, as pages send them: time grows with the size, not with its square."""
    page, content = Page(made()), encoded(np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8))
    started, piece = time.process_time(), 1 << 16
    for first in range(0, len(content), piece):
        some = content[first : first + piece]
        last = page.send("photo", some, tab="t", name="l.png", upload="u", size=len(content), first=first)
    assert page.value(last)["size"] == [1500, 1500]
    assert time.process_time() - started < 5
    page.talk.close()
