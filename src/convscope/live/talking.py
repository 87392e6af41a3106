"""The bench by messages, as a notebook's widgets exchange them: for pages that can reach no port of this machine.

A message of a page is an object: `id`, a text of the page's own choosing that the answer repeats; `do`, what is asked;
and what belongs to that, which is what `convscope.server.pages` takes over HTTP. An answer has the `id` and one of
`value` (all of it), `heard` (it is waited for), `part` (one of several; the last says "done", "stale" or "error") or
`error` (why not).

| `do` | with | answer |
| --- | --- | --- |
| about | | the network |
| photo | tab, name, upload, size, first; a piece as bytes | how much is there; after the last, the photo |
| choose | tab, number | the photo |
| images | from, text | names of the collection's images |
| thumb | number | a small picture, as bytes |
| picture | path | a picture of the atlas beside, as bytes |
| ask | tab, said | that it was heard; the answer to a question, part by part |
| leave | of: an id | none: nobody waits for that answer any more |
| close | tab | none: the page is gone |

A photo comes in pieces since servers between the page and here close connections on messages of more than 10 MB.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convscope.atlas.published import published
from convscope.errors import ConvscopeError, UsageError
from convscope.live.asking import Said, choice, text, whole_number
from convscope.live.bench import Bench, Part
from convscope.live.engine import Engine, Job
from convscope.live.photos import ALLOWED

logger = logging.getLogger(__name__)

_COMING = 2  # photos whose pieces are held together
_FAR = 1 << 40

SendMessage = Callable[[Part, list[bytes]], None]
"""Sends a message to the page, an object and bytes beside it; called from any thread."""


@dataclass
class _Coming:
    """A photo of which some pieces are there."""

    upload: str
    size: int
    pieces: bytearray = field(default_factory=bytearray)


class Talk:
    """The bench of a network as it talks with the pages of one widget.

    atlas: the folder whose pictures the pages may show.
    """

    def __init__(self, bench: Bench, send: SendMessage, *, atlas: Path | None = None) -> None:
        self.bench, self.engine, self.atlas = bench, Engine(bench), atlas
        self._send = send
        self._jobs: dict[str, Job] = {}
        self._coming: OrderedDict[str, _Coming] = OrderedDict()
        self._known: dict[str, Callable[[Said, Sequence[Any]], tuple[Any, list[bytes]]]] = {
            "about": lambda said, _: (self.bench.about(), []),
            "photo": self._photo,
            "choose": self._choose,
            "images": self._images,
            "thumb": self._thumb,
            "picture": self._picture,
        }

    def hear(self, message: Any, buffers: Sequence[Any] = ()) -> None:
        """Answer a message of a page. What is no message, or has no id to answer to, is left alone."""
        if not isinstance(message, Mapping):
            return
        try:
            number = text(message, "id", 64)
        except UsageError:
            return
        try:
            self._answer(number, message, buffers)
        except (ConvscopeError, OSError) as error:
            self._send({"id": number, "error": str(error)}, [])

    def close(self) -> None:
        """End all work at its next step; what is asked from now on is stale."""
        self.engine.close()

    # -- one message --------------------------------------------------------------------------------------------------
    def _answer(self, number: str, said: Said, buffers: Sequence[Any]) -> None:
        what = choice(said, "do", (*self._known, "ask", "leave", "close"))
        if what == "ask":
            self._ask(number, said)
        elif what == "leave":
            self._leave([text(said, "of", 64)])
        elif what == "close":
            self._close(text(said, "tab", 64))
        else:
            value, data = self._known[what](said, buffers)
            self._send({"id": number, "value": value}, data)

    def _ask(self, number: str, said: Said) -> None:
        question, tab = said.get("said"), text(said, "tab", 64)
        if not isinstance(question, Mapping):
            raise UsageError("said: the question is needed, an object")

        def emit(part: Part) -> None:
            if {"done", "stale", "error"} & part.keys():
                self._jobs.pop(number, None)
            self._send({"id": number, "part": part}, [])

        # Where no cell runs this comes at once, however long the answer takes: the page can tell one from the other.
        self._send({"id": number, "heard": True}, [])
        job = self.engine.ask(tab, question, emit)
        if not job.ended:
            self._jobs[number] = job
            if job.ended:  # meanwhile, by the engine's thread
                self._jobs.pop(number, None)

    def _leave(self, numbers: Sequence[str]) -> None:
        for number in numbers:
            job = self._jobs.pop(number, None)
            if job is not None:
                job.leave()

    def _close(self, tab: str) -> None:
        self._leave([number for number, job in list(self._jobs.items()) if job.tab == tab])
        self._coming.pop(tab, None)
        self.bench.forget(tab)

    # -- photos -------------------------------------------------------------------------------------------------------
    def _photo(self, said: Said, buffers: Sequence[Any]) -> tuple[Any, list[bytes]]:
        """A piece of an own photo: what is there of it, or the photo once that is all."""
        tab, name, upload = (
            text(said, "tab", 64),
            text({"name": said.get("name") or "photo"}, "name"),
            text(said, "upload", 64),
        )
        size, first = (whole_number(said, one, 0, _FAR) for one in ("size", "first"))
        if size > ALLOWED.file_bytes:
            raise UsageError(f"{name}: {size} bytes are more than the {ALLOWED.file_bytes} that are taken")
        if first == 0:
            self._coming[tab] = _Coming(upload, size)
            self._coming.move_to_end(tab)
            while len(self._coming) > _COMING:
                self._coming.popitem(last=False)
        coming = self._coming.get(tab)
        if coming is None or (coming.upload, coming.size, len(coming.pieces)) != (upload, size, first):
            raise UsageError(f"{name}: its pieces did not come one after the other: choose it again")
        piece = b"".join(bytes(one) for one in buffers)
        if first + len(piece) > size or (not piece and first < size):
            raise UsageError(
                f"{name}: a piece of {len(piece)} bytes at {first} of {size} cannot be right: choose it again"
            )
        coming.pieces += piece
        if len(coming.pieces) < size:
            return {"there": len(coming.pieces)}, []
        del self._coming[tab]
        return self.bench.put(tab, self.bench.decode(bytes(coming.pieces), name)), []

    def _choose(self, said: Said, _: Sequence[Any]) -> tuple[Any, list[bytes]]:
        number = whole_number(said, "number", 0, _FAR)
        return self.bench.put(text(said, "tab", 64), self.bench.choose(number)), []

    def _images(self, said: Said, _: Sequence[Any]) -> tuple[Any, list[bytes]]:
        wanted = said.get("text", "")
        return self.bench.images(whole_number(said, "from", 0, _FAR), wanted if isinstance(wanted, str) else ""), []

    def _thumb(self, said: Said, _: Sequence[Any]) -> tuple[Any, list[bytes]]:
        found = self.bench.thumb(whole_number(said, "number", 0, _FAR))
        if found is None:
            raise UsageError("there is no such image")
        return {"type": "image/jpeg"}, [found]

    def _picture(self, said: Said, _: Sequence[Any]) -> tuple[Any, list[bytes]]:
        path = text(said, "path", 4096)
        if self.atlas is None:
            raise UsageError("there is no atlas beside the bench")
        found = published(self.atlas, path)
        if not found.kind.startswith("image/"):
            raise UsageError(f"'{path}' is no picture")
        return {"type": found.kind}, [found.content]


__all__ = ["SendMessage", "Talk"]
