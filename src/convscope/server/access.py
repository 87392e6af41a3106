"""Who may ask a server of ours: names it goes by, and a token where other machines can reach it.

A browser that shows a stranger's page reaches this machine too. On loopback a request must come under a name of
loopback, which a stranger's name that leads here (DNS rebinding) is not. Beyond loopback anybody on the network can
ask: there it must come under the address that it was asked at, or an allowed name, and bring a secret token, which the
printed address holds and the browser then keeps as a cookie.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from convscope.errors import UsageError

LOCAL = ("127.0.0.1", "localhost", "::1")
"""The names of loopback."""

_EVERYWHERE = ("0.0.0.0", "::")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:@/\\ ]+)(?::\d{1,5})?")
_TOKEN_BYTES = 24

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Access:
    """The names that requests may come under, and the token they must bring, None for none."""

    hosts: tuple[str, ...] = LOCAL
    token: str | None = None

    def address(self, host: str, port: int) -> str:
        """The address to print for a server that listens at `host`: one that opens, with the token."""
        names = [name for name in self.hosts if name not in LOCAL]
        name = (names or ["127.0.0.1"])[0] if host in _EVERYWHERE else host
        shown = f"[{name}]" if ":" in name else name
        return f"http://{shown}:{port}/" + ("" if self.token is None else f"?token={self.token}")


def access_for(host: str, *, allow: Iterable[str] = ()) -> Access:
    """The access to a server that listens at `host`, with a new token where that is more than loopback.

    allow: further names that others reach this machine by.

    Raises UsageError for one that is no name.

    >>> access_for("localhost").token is None, access_for("0.0.0.0").token is None
    (True, False)
    """
    names = tuple(allow)
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(f"'{name}' is no name of a host: give one as in box.example, without port or *")
    own = () if host in _EVERYWHERE else (host,)
    hosts = tuple(dict.fromkeys([*(name.lower() for name in (*own, *names)), *LOCAL]))
    return Access(hosts, None if is_loopback(host) else secrets.token_urlsafe(_TOKEN_BYTES))


def is_loopback(host: str) -> bool:
    """Whether this machine alone can reach a server that listens at `host`.

    >>> is_loopback("127.0.0.9"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Guard:
    """An ASGI application in front of another, which lets through whom `access` admits."""

    def __init__(self, app: Asgi, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may not pass; give the rest on."""
        if scope["type"] != "http":  # nothing else is served
            return
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        if not self._named([value for name, value in headers if name == b"host"], scope):
            await _say(send, 400, "the server goes by other names: allow this one where it is started")
            return
        if self.access.token is None or self._has_cookie(headers, scope):
            await self.app(scope, receive, send)
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if any(name == "token" and self._is_token(value) for name, value in query):
            await _go_on(send, scope, [pair for pair in query if pair[0] != "token"], self.access.token)
            return
        await _say(send, 403, "open the address that was printed when the server was started: it holds a token")

    def _named(self, hosts: list[str], scope: Scope) -> bool:
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None:
            return False
        name = found["name"].strip("[]").lower()
        # With a token, the address that was asked at will do: a name of a stranger's is no address.
        asked = scope.get("server") if self.access.token is not None else None
        return name in self.access.hosts or (asked is not None and name == str(asked[0]).lower())

    def _has_cookie(self, headers: list[tuple[bytes, str]], scope: Scope) -> bool:
        held = (pair.strip() for name, value in headers if name == b"cookie" for pair in value.split(";"))
        pairs = (pair.partition("=") for pair in held)
        return any(name == _cookie(scope) and self._is_token(value) for name, _, value in pairs)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "replace"), (self.access.token or "").encode())


def _cookie(scope: Scope) -> str:
    """The cookie's name; browsers keep cookies by host, so that it has the port in it."""
    return f"convscope-{(scope.get('server') or ('', 0))[1]}"


async def _go_on(send: Send, scope: Scope, query: list[tuple[str, str]], token: str) -> None:
    """Lead to the same page without the token in its address, which a link that is copied would hold."""
    where = "/" + scope["path"].lstrip("/\\")
    to = where.encode("utf-8", "replace").decode("latin-1") if where.isascii() and where.isprintable() else "/"
    cookie = f"{_cookie(scope)}={token}; Path=/; HttpOnly; SameSite=Lax"
    await _say(send, 303, "", location=to + (f"?{urlencode(query)}" if query else ""), set_cookie=cookie)


async def _say(send: Send, status: int, text: str, **headers: str) -> None:
    told = {"content_type": "text/plain; charset=utf-8", "cache_control": "no-store", "referrer_policy": "no-referrer"}
    pairs = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in {**told, **headers}.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode()})


__all__ = ["LOCAL", "Access", "Guard", "access_for", "is_loopback"]
