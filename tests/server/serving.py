"""A bench that is served on a free port, and asked over HTTP."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.live.bench import Bench
from convscope.server import application
from convscope.server.pages import HEADER, Served


@dataclass(frozen=True)
class Running:
    """A server: its port, and the bench's token."""

    port: int
    token: str
    served: Served

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/bench/"

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = "own", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; an object is sent as JSON, bytes as they are; `own` is the right token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        given = {} if token is None else {HEADER: self.token if token == "own" else token}
        if body is not None:
            given["Content-Type"] = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, given | {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        found = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        connection.close()
        return found

    def parts(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        """The parts of the answer to a question."""
        status, _, body = self.ask("POST", "/bench/api/ask", {"tab": "t", **said})
        assert status == 200, body
        return [json.loads(line) for line in body.splitlines()]

    def put(self, content: bytes, name: str = "own.png", tab: str = "t") -> dict[str, Any]:
        """What is told of an own photo."""
        status, _, body = self.ask("POST", f"/bench/api/photo?tab={tab}&name={name}", content)
        assert status == 200, body
        return json.loads(body)


@contextmanager
def serving(bench: Bench, folder: Path | None = None) -> Iterator[Running]:
    """The bench while it is served, beside an atlas where a folder is given."""
    import uvicorn

    served = Served(lambda: bench)
    config = uvicorn.Config(application(folder, bench=served), port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(server.servers[0].sockets[0].getsockname()[1], served.token, served)
    served.close()
    server.should_exit = True
    thread.join(10)
    served.join(10)
