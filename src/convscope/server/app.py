"""An atlas over http: the same files that open from disk, with headers that keep the page to itself.

Starlette and uvicorn come with the extra `server` and are imported when they are needed.
"""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.atlas.reading import Atlas
from convscope.errors import UsageError, missing_extra

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.responses import Response

LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")
_HIDDEN = ("store", "work")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Always asked again, answered by 304 where nothing changed: a rebuilt atlas is seen at once.
    "Cache-Control": "no-cache",
}


def application(folder: str | Path, *, hosts: tuple[str, ...] = LOCAL) -> "Starlette":
    """The web application that serves a finished atlas: its page, data and pictures, and nothing else of the folder.

    Requests under names other than `hosts` are refused, so that no other site can reach it through the browser (DNS
    rebinding); so is everything but reading.

    Raises StoreError where the folder is no finished atlas, MissingExtra without starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.routing import Mount
        from starlette.staticfiles import StaticFiles
        from starlette.types import Scope
    except ImportError as error:
        raise missing_extra("starlette", "server", purpose="serve an atlas") from error
    atlas = Atlas.open(folder)

    class AtlasFiles(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> "Response":
            parts = Path(path).parts
            if any(part.startswith(".") and part != "." for part in parts) or (parts and parts[0] in _HIDDEN):
                raise HTTPException(404)
            response = await super().get_response(path, scope)
            response.headers.update(_HEADERS)
            return response

    files = AtlasFiles(directory=atlas.path, html=True)
    trusted = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    return Starlette(routes=[Mount("/", app=files)], middleware=[trusted])


def run(
    folder: str | Path, *, host: str = "127.0.0.1", port: int = 8765, ready: Callable[[str], None] | None = None
) -> None:
    """Serve an atlas until interrupted; `ready` is called with its address when it listens.

    Raises UsageError where the port is taken; StoreError and MissingExtra as `application`.
    """
    # A name that others reach this machine by cannot be known: listening beyond it admits all.
    listen(application(folder, hosts=hosts_for(host)), host=host, port=port, ready=ready)


def hosts_for(host: str) -> tuple[str, ...]:
    """The names that requests may come under when listening at `host`."""
    return LOCAL if host in LOCAL else ("*",)


def listen(served: "Starlette", *, host: str, port: int, ready: Callable[[str], None] | None = None) -> None:
    """Serve a web application until interrupted; `ready` is called with its address when it listens.

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
        if ready is not None:
            shown = f"[{host}]" if ":" in host else host
            ready(f"http://{shown}:{listener.getsockname()[1]}/")
        config = uvicorn.Config(served, log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


__all__ = ["LOCAL", "application", "hosts_for", "listen", "run"]
