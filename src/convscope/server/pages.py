"""The bench over HTTP: a page of files, and behind a token everything that computes or shows images.

The token travels in the fragment of the printed address, which browsers keep to themselves; the page sends it as a
header, which no other site's page can. Photos are bounded before they are read, and never written anywhere.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from convscope.errors import ConvscopeError, ImageError
from convscope.live.asking import Said, text, whole_number
from convscope.live.bench import Bench, Part
from convscope.live.engine import Engine, Job
from convscope.live.photos import ALLOWED, Photo
from convscope.server.access import Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

HEADER = "x-convscope-token"
_TOKEN_BYTES = 24
_LARGEST = 1 << 20  # bytes of a question: a brush's stamps, a session's steps
_AT_ONCE = 2  # photos that are read and decoded together
_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "bench.js": ("bench.js", "text/javascript; charset=utf-8"),
    "bench.css": ("bench.css", "text/css; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Served:
    """A bench that is served: opened when it is first asked for, behind a token of its own.

    It is opened by a thread that ends with the process: who ends the server does not wait until a network is traced.
    """

    def __init__(self, make: Callable[[], Bench]) -> None:
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._make = make
        self._lock = threading.Lock()
        self._opened: Future[Engine] | None = None
        self._opening: threading.Thread | None = None
        self._closed = False

    def opened(self) -> Future[Engine]:
        """The engine, made for the first who asks, and again where that failed."""
        with self._lock:
            found = self._opened
            if found is None or (found.done() and found.exception() is not None):
                self._opened = found = Future()
                found.set_running_or_notify_cancel()  # nobody who goes away takes it from the others
                self._opening = threading.Thread(
                    target=self._open, args=(found,), name="convscope-bench-opening", daemon=True
                )
                self._opening.start()
            return found

    def _open(self, promised: Future[Engine]) -> None:
        try:
            engine = Engine(self._make())
        except BaseException as error:  # noqa: BLE001 (raised where it is asked for)
            promised.set_exception(error)
            return
        promised.set_result(engine)
        if self._closed:
            engine.close()

    def engine(self) -> Engine:
        """The engine, waited for. Raises what opening the network raises."""
        return self.opened().result()

    def close(self) -> None:
        """End all work at its next step."""
        self._closed = True
        for engine in self._made():
            engine.close()

    def join(self, timeout: float) -> None:
        """Wait until nothing is computed any more, as long as that."""
        if self._opening is not None:
            self._opening.join(timeout)
        for engine in self._made():
            engine.join(timeout)

    def _made(self) -> list[Engine]:
        found = self._opened
        return [found.result()] if found is not None and found.done() and found.exception() is None else []


def routes(served: Served) -> list[Route]:
    """What is answered under /bench/. Raises ImportError without starlette."""
    from starlette.routing import Route

    pages = _Pages(served)
    return [
        Route("/bench", pages.lead, methods=["GET"]),
        Route("/bench/api/about", pages.guarded(pages.about), methods=["GET"]),
        Route("/bench/api/photo", pages.guarded(pages.photo), methods=["POST"]),
        Route("/bench/api/choose", pages.guarded(pages.choose), methods=["POST"]),
        Route("/bench/api/images", pages.guarded(pages.images), methods=["GET"]),
        Route("/bench/api/image/{number}", pages.guarded(pages.image), methods=["GET"]),
        Route("/bench/api/ask", pages.guarded(pages.ask), methods=["POST"]),
        Route("/bench/{file}", pages.file, methods=["GET"]),
        Route("/bench/", pages.file, methods=["GET"]),
    ]


class _Refused(Exception):
    """A request that is not answered: its status, and why."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


Answering = Callable[["Request"], Awaitable["Response"]]


class _Pages:
    """What is answered to each request."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._photos = asyncio.Semaphore(_AT_ONCE)

    # -- who may ask --------------------------------------------------------------------------------------------------
    def guarded(self, answer: Answering) -> Answering:
        """The same for pages of this server alone that know the token; errors become words."""

        async def checked(request: Request) -> Response:
            try:
                self._check(request)
                return await answer(request)
            except _Refused as refused:
                return _json({"error": refused.said}, refused.status)
            except ImageError as error:
                return _json({"error": str(error)}, 422)
            except ConvscopeError as error:
                return _json({"error": str(error)}, 400)

        return checked

    def _check(self, request: Request) -> None:
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        if origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host')}":
            raise _Refused(403, "pages of other origins may not ask here")
        if site not in (None, "same-origin"):
            raise _Refused(403, "pages of other sites may not ask here")
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self.served.token.encode()):
            raise _Refused(403, "open the address that was printed when the server was started: it holds a token")

    # -- the page -----------------------------------------------------------------------------------------------------
    def lead(self, _: Request) -> Response:
        """To the page."""
        from starlette.responses import RedirectResponse

        return RedirectResponse("/bench/", 307, _HEADERS)

    def file(self, request: Request) -> Response:
        """A file of the page."""
        from starlette.responses import Response

        known = _FILES.get(request.path_params.get("file", ""))
        if known is None:
            return _json({"error": "there is no such page"}, 404)
        return Response(page_file(known[0]), 200, _HEADERS, known[1])

    # -- what is asked ------------------------------------------------------------------------------------------------
    async def _engine(self) -> Engine:
        return await asyncio.wrap_future(self.served.opened())

    async def about(self, _: Request) -> Response:
        """The network."""
        engine = await self._engine()
        return _json(engine.bench.about())

    async def photo(self, request: Request) -> Response:
        """An own photo: the body is its file. `tab` and `name` are in the query."""
        if request.headers.get("content-type") != "application/octet-stream":
            raise _Refused(415, "send the file as application/octet-stream")
        asked = dict(request.query_params)
        tab, name = text(asked, "tab", 64), text({"name": asked.get("name") or "photo"}, "name")
        engine = await self._engine()
        async with self._photos:
            body = await _body(request, ALLOWED.file_bytes)
            return await self._held(engine, tab, lambda: engine.bench.decode(body, name))

    async def choose(self, request: Request) -> Response:
        """An image of the collection."""
        said, engine = await _said(request), await self._engine()
        tab, number = text(said, "tab", 64), whole_number(said, "number", 0, 1 << 40)
        async with self._photos:
            return await self._held(engine, tab, lambda: engine.bench.choose(number))

    async def _held(self, engine: Engine, tab: str, make: Callable[[], Photo]) -> Response:
        from starlette.concurrency import run_in_threadpool

        return _json(await run_in_threadpool(lambda: engine.bench.put(tab, make())))

    async def images(self, request: Request) -> Response:
        """Names of the collection's images, from one on, of those whose names hold a text."""
        engine, asked = await self._engine(), request.query_params
        first = whole_number({"from": _whole(asked.get("from", "0"))}, "from", 0, 1 << 40)
        return _json(engine.bench.images(first, asked.get("text", "")))

    async def image(self, request: Request) -> Response:
        """A small picture of an image of the collection."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        engine, number = await self._engine(), _whole(request.path_params["number"])
        async with self._photos:
            found = await run_in_threadpool(engine.bench.thumb, number)
        if found is None:
            raise _Refused(404, "there is no such image")
        return Response(found, 200, _HEADERS, "image/jpeg")

    async def ask(self, request: Request) -> Response:
        """A question; the answer comes part by part, a line of JSON each."""
        said, engine = await _said(request), await self._engine()
        # Starlette sends whatever is called as a response is, and the type checker may not have it at hand.
        stream: Any = _Stream(engine, text(said, "tab", 64), said)
        return stream


class _Stream:
    """The answer of an engine as it grows; the work is left when the page goes, or asks for something else."""

    def __init__(self, engine: Engine, tab: str, said: Said) -> None:
        self.engine, self.tab, self.said = engine, tab, said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        loop, parts = asyncio.get_running_loop(), asyncio.Queue[tuple[bytes, bool]]()

        def emit(part: Part) -> None:
            line = json.dumps(part, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            last = bool({"done", "stale", "error"} & part.keys())
            if not loop.is_closed():
                loop.call_soon_threadsafe(parts.put_nowait, (line, last))

        job = self.engine.ask(self.tab, self.said, emit)
        gone = asyncio.create_task(_gone(receive))
        kinds = {**_HEADERS, "Content-Type": "application/x-ndjson"}
        headers = [(name.lower().encode(), value.encode()) for name, value in kinds.items()]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while True:
                following = asyncio.create_task(parts.get())
                await asyncio.wait({following, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    return
                line, last = following.result()
                while not last and not parts.empty():  # what is there goes together
                    more, last = parts.get_nowait()
                    line += more
                await send({"type": "http.response.body", "body": line, "more_body": not last})
                if last:
                    return
        finally:
            gone.cancel()
            _leave(job)


def _leave(job: Job) -> None:
    if not job.ended:
        job.leave()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request, most: int) -> bytes:
    """The body, which may have so many bytes."""
    length = request.headers.get("content-length", "")
    parts, size = list[bytes](), 0
    if not (length.isdecimal() and len(length) < 16 and int(length) > most):
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                break
            parts.append(chunk)
        else:
            return b"".join(parts)
    raise _Refused(413, f"more than the {most} bytes that are taken")


async def _said(request: Request) -> dict[str, Any]:
    """The question, an object."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise _Refused(415, "send application/json")
    try:
        said = json.loads(await _body(request, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "that is no JSON") from error
    if not isinstance(said, dict):
        raise _Refused(400, "send an object")
    return said


def _whole(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 12 else -1


def _json(value: Any, status: int = 200) -> Response:
    from starlette.responses import Response

    return Response(json.dumps(value, allow_nan=False).encode(), status, _HEADERS, "application/json")


def page_file(name: str) -> bytes:
    """A file of the page, from the package."""
    return files("convscope.live.page").joinpath(name).read_bytes()


__all__ = ["HEADER", "Served", "page_file", "routes"]
