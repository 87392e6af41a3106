"""The bench over HTTP: who may ask, what is bounded, answers part by part, and the end."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from convscope import open_source
from convscope.data.sources import wrap_dataset
from convscope.live.bench import Bench
from convscope.server import application, pages, run
from convscope.server.pages import Served
from tests.live.making import encoded, picture, tiny
from tests.server.serving import Running, serving

pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")
pytest.importorskip("starlette", reason="the extra 'server' is not installed")


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    source = open_source(wrap_dataset([picture(seed) for seed in (3, 4, 5)]))
    with serving(Bench(tiny(), spec="py:nets:tiny", source=source)) as found:
        yield found


def error(body: bytes) -> str:
    return json.loads(body)["error"]


GUARDED: list[tuple[str, str, Any]] = [
    ("GET", "/bench/api/about", None),
    ("GET", "/bench/api/images", None),
    ("GET", "/bench/api/image/0", None),
    ("POST", "/bench/api/photo?tab=t", b"x"),
    ("POST", "/bench/api/choose", {"tab": "t", "number": 0}),
    ("POST", "/bench/api/ask", {"tab": "t", "kind": "look"}),
]


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
def test_nothing_is_computed_or_shown_without_the_token(running: Running, method: str, path: str, body: Any) -> None:
    for token in (None, "", "wrong", running.token[:-1]):
        status, _, said = running.ask(method, path, body, token=token)
        assert status == 403
        assert "address that was printed" in error(said)
    status, _, said = running.ask(method, path, body, Origin="http://elsewhere.example")
    assert (status, "other origins" in error(said)) == (403, True)
    for site in ("cross-site", "same-site", "none"):
        assert running.ask(method, path, body, Sec_Fetch_Site=site)[0] == 403
    assert running.ask(method, path, body, Host="elsewhere.example")[0] == 400
    assert running.ask(method, path, body, Host="elsewhere.example", Origin="http://elsewhere.example")[0] == 400
    assert running.ask("PUT", path, body)[0] == 405


def test_the_token_in_an_address_is_no_use(running: Running) -> None:
    assert running.ask("GET", f"/bench/api/about?token={running.token}", token=None)[0] == 403
    cookie = f"token={running.token}"
    assert running.ask("GET", "/bench/api/about", token=None, Cookie=cookie)[0] == 403


def test_the_page_is_served_with_a_strict_policy(running: Running) -> None:
    for path, kind in (("", "text/html"), ("bench.js", "text/javascript"), ("bench.css", "text/css")):
        status, headers, body = running.ask("GET", f"/bench/{path}", token=None)
        assert (status, headers["content-type"].partition(";")[0]) == (200, kind)
        policy = headers["content-security-policy"]
        assert "img-src 'self' blob:;" in policy
        assert "connect-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert running.token.encode() not in body
    for path in ("/bench/pages.py", "/bench/../engine.py", "/bench/__init__.py", "/bench/page/index.html"):
        assert running.ask("GET", path, token=None)[0] == 404
    for path in ("/", "/bench"):
        status, headers, _ = running.ask("GET", path, token=None)
        assert (status, headers["location"]) == (307, "/bench/")
    assert running.ask("GET", "/data/manifest.js", token=None)[0] == 404


def test_a_photo_is_taken_and_answers_come_line_by_line(running: Running) -> None:
    told = running.put(encoded(picture()))
    *parts, last = running.parts({"kind": "look", "photo": told["photo"]})
    assert last == {"done": True}
    assert len(next(part for part in parts if "classes" in part)["classes"]) == 5
    rows = running.parts({"kind": "sweep", "photo": told["photo"], "size": 8, "stride": 8})
    assert [part["row"] for part in rows if "row" in part] == [0, 1, 2]
    assert running.parts({"kind": "look", "photo": "gone"})[-1]["error"].startswith("this photo is not held")


def test_names_of_pages_and_photos_are_words_not_paths(running: Running) -> None:
    assert running.put(encoded(picture()), name="..%2f..%2fetc%2fpasswd")["name"] == "../../etc/passwd"  # only shown
    assert running.ask("POST", "/bench/api/photo", encoded(picture()))[0] == 400
    assert running.ask("POST", f"/bench/api/photo?tab={'x' * 65}", encoded(picture()))[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/bench/api/photo?tab=t&name=a.jpg", b"just text", {}, 422, "not an image in a known format"),
        ("/bench/api/photo?tab=t", b"", {}, 422, "empty"),
        ("/bench/api/photo?tab=t", b"%!PS-Adobe-3.0 EPSF-3.0", {}, 422, "PostScript"),
        ("/bench/api/photo?tab=t", b"x", {"Content_Type": "image/jpeg"}, 415, "application/octet-stream"),
        ("/bench/api/photo?tab=t", b"x", {"Content_Length": "99999999999"}, 413, "more than the"),
        ("/bench/api/choose", {"tab": "t", "number": 9}, {}, 400, "no image 9"),
        ("/bench/api/choose", {"tab": "t", "number": 1.5}, {}, 400, "whole number"),
        ("/bench/api/choose", {"tab": "t"}, {}, 400, "number"),
        ("/bench/api/ask", {"kind": "look"}, {}, 400, "tab"),
        ("/bench/api/ask", [1], {}, 400, "send an object"),
        ("/bench/api/ask", b"{", {"Content_Type": "application/json"}, 400, "no JSON"),
        ("/bench/api/ask", b"[" * 90_000, {"Content_Type": "application/json"}, 400, "no JSON"),
        ("/bench/api/ask", b" " * (1 << 21), {"Content_Type": "application/json"}, 413, "more than the"),
        ("/bench/api/ask", {"tab": "t"}, {"Content_Type": "text/plain"}, 415, "application/json"),
    ],
)
def test_what_makes_no_sense_is_said(
    running: Running, path: str, body: Any, headers: dict[str, str], status: int, said: str
) -> None:
    found, _, answer = running.ask("POST", path, body, **headers)
    assert found == status, answer
    assert said in error(answer)


def test_a_photo_without_end_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ALLOWED", type(pages.ALLOWED)(pixels=99, file_bytes=1 << 20))
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    connection.putrequest("POST", "/bench/api/photo?tab=t")
    for name, value in ((pages.HEADER, running.token), ("Content-Type", "application/octet-stream")):
        connection.putheader(name, value)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk, sent = b"10000\r\n" + b"\xff" * 65536 + b"\r\n", 0
    try:
        while sent < 64:  # four times what is taken
            connection.send(chunk)
            sent += 1
    except OSError:
        pass  # it hung up
    response = connection.getresponse()
    found = response.status, error(response.read())
    connection.close()
    assert (found[0], "more than the" in found[1]) == (413, True)


def test_images_of_the_collection_are_listed_shown_and_chosen(running: Running) -> None:
    found = json.loads(running.ask("GET", "/bench/api/images")[2])
    assert [one["number"] for one in found["images"]] == [0, 1, 2]
    assert found["next"] is None
    name = found["images"][1]["name"]
    only = json.loads(running.ask("GET", f"/bench/api/images?text={quote(name)}")[2])
    assert [one["number"] for one in only["images"]] == [1]
    assert json.loads(running.ask("GET", "/bench/api/images?from=2")[2])["images"][0]["number"] == 2
    assert running.ask("GET", "/bench/api/images?from=x")[0] == 400
    status, headers, body = running.ask("GET", "/bench/api/image/2")
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "image/jpeg", "no-store")
    assert max(Image.open(io.BytesIO(body)).size) <= 192
    for number in ("3", "-1", "x", "9" * 40):
        assert running.ask("GET", f"/bench/api/image/{number}")[0] == 404
    told = json.loads(running.ask("POST", "/bench/api/choose", {"tab": "t", "number": 2})[2])
    assert (told["number"], told["name"]) == (2, found["images"][2]["name"])


def test_work_is_left_when_the_page_goes(running: Running) -> None:
    told = running.put(encoded(picture()))
    engine = running.served.engine()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    said = {"tab": "t", "kind": "sweep", "photo": told["photo"], "size": 2, "stride": 1}
    headers = {pages.HEADER: running.token, "Content-Type": "application/json"}
    connection.request("POST", "/bench/api/ask", json.dumps(said), headers)
    response = connection.getresponse()
    assert response.readline()
    response.close()
    connection.close()
    deadline = time.monotonic() + 10
    while engine.waiting or engine._running is not None:  # pyright: ignore[reportPrivateUsage]
        assert time.monotonic() < deadline, "the sweep goes on for nobody"
        time.sleep(0.01)


def test_an_error_in_opening_the_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from convscope.errors import WeightsError
    from tests.server.asking import ask

    def fails() -> Bench:
        raise WeightsError("there are no weights")

    served = Served(fails)
    answer = ask(application(None, bench=served), "/bench/api/about", x_convscope_token=served.token)
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "there are no weights")


def test_the_bench_is_not_for_other_machines() -> None:
    from convscope.errors import UsageError

    with pytest.raises(UsageError, match="ssh -L"):
        run(None, bench=Served(lambda: Bench(tiny())), host="0.0.0.0", port=0)


OPENING = """
import time
from convscope.server import app
from convscope.server.pages import Served

served = Served(lambda: time.sleep(60))
app._LAST = 0.5
app.run(None, bench=served, port=0, ready=lambda address: print(address, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("asked", [False, True])
def test_ctrl_c_does_not_wait_until_a_network_is_opened(asked: bool) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", OPENING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]+)", process.stdout.readline())
    assert found is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=20)
    if asked:
        connection.request("GET", "/bench/api/about", headers={pages.HEADER: found[2]})
        time.sleep(0.5)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)  # at once, where nothing is asked
    try:
        _, complaint = process.communicate(timeout=30)
    finally:
        process.kill()
        connection.close()
    assert process.returncode in (130, -signal.SIGINT), complaint
    assert time.monotonic() - started < 15
    assert "bench" not in complaint.replace("bench=", "")  # that of the thread which was opening it


@pytest.mark.slow
def test_ctrl_c_ends_it_at_once_while_it_computes(tmp_path: Path) -> None:
    program = "import sys; from convscope.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "serve", "zoo:tiny", "--port", "0", "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True, env=os.environ
    )
    assert process.stdout is not None
    said = ""
    while "}" not in said:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        said += line
    found = re.search(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]+)", said)
    assert found is not None
    server = Running(int(found[1]), found[2], None)  # type: ignore[arg-type]
    told = server.put(encoded(np.zeros((64, 64, 3), np.uint8)))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    question = {"tab": "t", "kind": "sweep", "photo": told["photo"], "size": 1, "stride": 1}
    headers = {pages.HEADER: server.token, "Content-Type": "application/json"}
    connection.request("POST", "/bench/api/ask", json.dumps(question), headers)
    response = connection.getresponse()
    assert response.readline()
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    response.close()
    connection.close()
    assert process.returncode == 130, complaint
    assert time.monotonic() - started < 8  # most of it is Python's own end; the answer has no end in itself
    assert "Traceback" not in complaint
    assert list(tmp_path.iterdir()) == []  # no photo was written
