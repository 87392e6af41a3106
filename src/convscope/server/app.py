"""An atlas over http: what opens from disk, with headers that keep the page to itself; and the bench beside it.

The folder may be a stranger's: the page is the package's own, and all else goes through `convscope.atlas.published`.

Starlette and uvicorn come with the extra `server` and are imported when they are needed.
"""

import hashlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from convscope.atlas.names import inside
from convscope.atlas.published import PAGE_KINDS, is_published, page_file, published
from convscope.atlas.reading import Atlas
from convscope.errors import StoreError, UsageError, missing_extra
from convscope.server.access import Access, Guard, access_for, is_loopback
from convscope.server.pages import Served, routes

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_LAST = 10  # seconds that the bench's last step may take then
_PATIENCE = 2  # seconds that an answer under way may take once the server is told to end
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "Content-Security-Policy": f"{_POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Always asked again, answered by 304 where nothing changed: a rebuilt atlas is seen at once.
    "Cache-Control": "no-cache",
}
EMBED = "embed.html"
"""The one page that other sites may show within theirs: a unit. It asks for files of the atlas and computes nothing."""
_EMBEDDED = {
    **_HEADERS,
    "Content-Security-Policy": f"{_POLICY}; frame-ancestors *",
}


def application(folder: str | Path | None, *, access: Access | None = None, bench: Served | None = None) -> "Starlette":
    """The web application that serves a finished atlas: its page, data and pictures, and nothing else of the folder.

    bench: what is served beside it, under /bench/, and which its pages then link to; alone where the folder is None.

    Requests that `access` does not admit are refused, by default those under other names than loopback's, so that no
    other site can reach it through the browser (DNS rebinding); so is everything but reading.

    Raises StoreError where the folder is no finished atlas, MissingExtra without starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.routing import Route
    except ImportError as error:
        raise missing_extra("starlette", "server", purpose="serve an atlas") from error
    if folder is None and bench is None:
        raise UsageError("neither an atlas nor a bench: there is nothing to serve")
    path = None if folder is None else Atlas.open(folder).path

    def answer(request: "Request") -> "Response":
        asked, known = request.path_params["path"] or "index.html", request.headers.get("if-none-match")
        return _to_bench(asked) if path is None else _answer(path, asked, known, linked=bench is not None)

    guard = Middleware(Guard, access=access or Access())
    more = [] if bench is None else routes(bench)
    return Starlette(routes=[*more, Route("/{path:path}", answer, methods=["GET"])], middleware=[guard])


def _to_bench(path: str) -> "Response":
    """Where there is no atlas, its page leads to the bench."""
    from starlette.responses import PlainTextResponse, RedirectResponse

    if path == "index.html":
        return RedirectResponse("/bench/", 307, _HEADERS)
    return PlainTextResponse("there is no atlas here, only the bench", 404, _HEADERS)


def _answer(folder: Path, path: str, known: str | None, *, linked: bool = False) -> "Response":
    """What is answered for a path; `known` is the tag of what the browser has already, `linked` whether the page shows
    the way to the bench."""
    from starlette.responses import PlainTextResponse, Response

    headers = _EMBEDDED if path == EMBED else _HEADERS
    try:
        if linked and path == "index.html":
            return Response(_with_link(page_file(path)), headers=_HEADERS, media_type=PAGE_KINDS[path])
        tag = _tag(folder, path)
        if known is not None and tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers={**headers, "ETag": tag})
        found = published(folder, path)
    except FileNotFoundError:
        return PlainTextResponse("there is no such file in the atlas", 404, _HEADERS)
    except StoreError as error:
        return PlainTextResponse(str(error), 422, _HEADERS)
    return Response(found.content, headers={**headers, "ETag": tag}, media_type=found.kind)


def _with_link(page: bytes) -> bytes:
    """The page with what tells it where the bench is."""
    return page.replace(b"<title>", b'<meta name="convscope-bench" content="bench/">\n<title>', 1)


def _tag(folder: Path, path: str) -> str:
    """A tag that changes when what is answered for a path does; raises as `published`."""
    if path in PAGE_KINDS:
        return f'"{hashlib.sha256(page_file(path)).hexdigest()[:32]}"'
    if not is_published(path):
        raise FileNotFoundError(path)
    about = inside(folder, path).stat()
    return f'"{about.st_mtime_ns:x}-{about.st_size:x}"'


def run(
    folder: str | Path | None,
    *,
    bench: Served | None = None,
    host: str = "127.0.0.1",
    port: int = 8765,
    allow_hosts: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an atlas until interrupted; `ready` is called with its address when it listens.

    bench: what is served beside it, or alone, to this machine only: then the address holds its token in the fragment.
    Beyond loopback the address holds a token, without which nothing is answered; allow_hosts: names that others reach
    this machine by, besides its addresses.

    Raises UsageError where the port is taken or a host is no name; StoreError and MissingExtra as `application`.
    """
    access = access_for(host, allow=allow_hosts)
    if bench is not None and not is_loopback(host):
        if folder is None:
            raise UsageError(
                f"host='{host}': the bench shows your own photos and is for this machine alone; from another one, "
                "forward a port with ssh, as ssh -L 8765:127.0.0.1:8765 HERE"
            )
        bench = None  # others see the atlas, and no bench
    served = application(folder, access=access, bench=bench)
    if bench is None:
        listen(served, host=host, port=port, access=access, ready=ready)
        return
    token = bench.token
    try:
        listen(
            served, host=host, port=port, access=access, ending=bench.close,
            ready=None if ready is None else lambda address: ready(f"{address}#token={token}"),
        )  # fmt: skip
    finally:
        bench.close()
        bench.join(_LAST)


def listen(
    served: "Starlette",
    *,
    host: str,
    port: int,
    access: Access,
    ready: Callable[[str], None] | None = None,
    ending: Callable[[], None] | None = None,
) -> None:
    """Serve a web application until interrupted; `ready` is called with its address when it listens.

    ending: called when the server is told to end, before it waits for answers that are under way.

    Raises UsageError where the port is taken, MissingExtra without uvicorn.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise missing_extra("uvicorn", "server", purpose="serve pages") from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"cannot listen at {host}:{port} ({error}): choose another port=, or 0 for any") from error
        listener.listen(128)
        address = access.address(host, listener.getsockname()[1])
        # Nobody who reads slowly, or not at all, keeps the server from ending; that it cuts them off is no news.
        config = uvicorn.Config(
            served, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=_PATIENCE
        )

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                if ready is not None:  # from here on Ctrl-C is heard
                    ready(address)

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                if ending is not None:
                    ending()
                super().handle_exit(sig, frame)

        Server(config).run(sockets=[listener])


__all__ = ["Access", "access_for", "application", "listen", "run"]
