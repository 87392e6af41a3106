"""Who may ask: loopback by name, beyond it by the token of the printed address and by names that were allowed."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.atlas import Atlas
from convscope.data import open_source
from convscope.errors import UsageError
from convscope.server import application
from convscope.server.annotate import annotator
from convscope.server.app import Access, access_for
from tests.atlas.conftest import atlas, net, photos, source
from tests.server.asking import ask

pytest.importorskip("starlette", reason="the extra 'server' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")

__all__ = ["atlas", "net", "photos", "source"]

TOKEN = "correct-horse"
FAR = ("192.168.1.5", 8765)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_loopback_needs_no_token(host: str) -> None:
    access = access_for(host)
    assert access.token is None
    assert "*" not in access.hosts
    assert host in access.hosts


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.example"])
def test_beyond_loopback_there_is_a_token_and_no_star(host: str) -> None:
    access = access_for(host, allow=("box.lan",))
    assert access.token is not None
    assert len(access.token) >= 24
    assert access_for(host).token != access.token
    assert "*" not in access.hosts
    assert "box.lan" in access.hosts


@pytest.mark.parametrize("name", ["*", "*.example", "", "a/b", "http://a", "a b", "a:80"])
def test_allowed_hosts_are_names(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a host"):
        access_for("0.0.0.0", allow=(name,))


def served(atlas: Atlas, *hosts: str) -> object:
    return application(atlas.path, access=Access((*access_for("127.0.0.1").hosts, *hosts), TOKEN))


def test_without_the_token_nothing_is_answered(atlas: Atlas) -> None:
    for path in ("/", "/data/manifest.js", "/nothing", "/?token=wrong", "/?token=", f"/?tok={TOKEN}", "/?token=%ff"):
        answer = ask(served(atlas), path, host="192.168.1.5:8765", server=FAR)
        assert answer.status == 403, path
        assert "address that was printed" in answer.body.decode()
    wrong = ask(served(atlas), "/", host="192.168.1.5:8765", server=FAR, cookie="convscope-8765=wrong")
    assert wrong.status == 403


def test_the_token_becomes_a_cookie_and_leaves_the_address(atlas: Atlas) -> None:
    answer = ask(served(atlas), f"/index.html?token={TOKEN}&a=1", host="192.168.1.5:8765", server=FAR)
    assert (answer.status, answer.headers["location"]) == (303, "/index.html?a=1")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    held = cookie.partition(";")[0]
    for path in ("/", "/data/manifest.js"):
        assert ask(served(atlas), path, host="192.168.1.5:8765", server=FAR, cookie=f"a=b; {held}").status == 200
    # The browser keeps cookies by host alone: another port's is none of ours.
    assert ask(served(atlas), "/", host="192.168.1.5:9000", server=("192.168.1.5", 9000), cookie=held).status == 403


def test_the_way_on_stays_on_this_server(atlas: Atlas) -> None:
    answer = ask(served(atlas), f"//evil.example/?token={TOKEN}", host="192.168.1.5:8765", server=FAR)
    assert answer.headers["location"] == "/evil.example/"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.1.5:8765", 200),  # where it was asked
        ("127.0.0.1:8765", 200),
        ("[::1]:8765", 200),
        ("BOX.lan:8765", 200),
        ("evil.example", 400),
        ("192.168.1.6:8765", 400),
        ("box.lan.evil.example", 400),
        ("box.lan@evil.example", 400),
        ("", 400),
    ],
)
def test_other_names_are_refused_whatever_the_token(atlas: Atlas, host: str, status: int) -> None:
    cookie = f"convscope-8765={TOKEN}"
    assert ask(served(atlas, "box.lan"), "/", host=host, server=FAR, cookie=cookie).status == status


def test_on_loopback_the_address_asked_admits_no_name(atlas: Atlas) -> None:
    near = application(atlas.path)
    assert ask(near, "/").status == 200
    assert ask(near, "/", host="evil.example").status == 400
    assert ask(near, "/", host="192.168.1.5:8765", server=FAR).status == 400


def test_annotation_is_guarded_alike(photos: Path, tmp_path: Path) -> None:
    access = Access(("127.0.0.1",), TOKEN)
    page = annotator(open_source(str(photos)), tmp_path / "parts.csv", access=access)
    assert ask(page, "/api/images").status == 403
    assert ask(page, "/api/images", cookie=f"convscope-8765={TOKEN}").status == 200
    assert ask(page, "/api/images", cookie=f"convscope-8765={TOKEN}", host="evil.example").status == 400


def start(*options: object) -> tuple[subprocess.Popen[str], dict[str, str]]:
    line = [sys.executable, "-m", "convscope", "serve", *map(str, options), "--port", "0", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None
    text = ""
    while not text.rstrip().endswith("}"):
        more = process.stdout.readline()
        assert more, text
        text += more
    return process, json.loads(text)


def test_the_printed_address_opens_beyond_loopback(atlas: Atlas) -> None:
    import urllib.error
    import urllib.request

    process, told = start(atlas.path, "--host", "0.0.0.0", "--allow-host", "box.lan")
    try:
        found = re.fullmatch(r"http://box\.lan:(\d+)/\?token=([A-Za-z0-9_-]{24,})", told["address"])
        assert found, told
        near = f"http://127.0.0.1:{found[1]}/"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(near)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{near}?token={found[2]}") as answered:
            assert (answered.status, answered.url) == (200, near)
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[0]
    assert "Traceback" not in rest


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_ctrl_c_does_not_wait_for_a_stalled_download(atlas: Atlas, tmp_path: Path) -> None:
    shutil.copytree(atlas.path, tmp_path / "large")
    table = tmp_path / "large" / "experiments" / "big" / "table.csv"
    table.parent.mkdir(parents=True)
    table.write_bytes(b"a\n" + b"1234567\n" * 2**21)  # more than the buffers of a socket hold
    process, told = start(tmp_path / "large")
    with socket.create_connection(("127.0.0.1", int(told["address"].rstrip("/").rpartition(":")[2]))) as stalled:
        stalled.sendall(b"GET /experiments/big/table.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        stalled.recv(1000)
        process.send_signal(signal.SIGINT)
        try:
            rest = process.communicate(timeout=30)[0]
        finally:
            process.kill()
    assert "Traceback" not in rest
    assert process.returncode == 130
