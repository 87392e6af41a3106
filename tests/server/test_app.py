"""The server of an atlas that somebody sent: our page, its data as data, its pictures, and nothing else."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from convscope.atlas import Atlas
from convscope.atlas.web import script
from convscope.errors import StoreError
from convscope.server import application
from tests.atlas.conftest import atlas, net, photos, source
from tests.atlas.received import ACTIVE, BOMB, EVIL, PICTURE, link, reseal, with_experiment, with_scripts
from tests.server.asking import ask

pytest.importorskip("starlette", reason="the extra 'server' is not installed")

__all__ = ["atlas", "net", "photos", "source"]


@pytest.fixture
def received(atlas: Atlas, tmp_path: Path) -> Atlas:
    shutil.copytree(atlas.path, tmp_path / "received")
    return Atlas.open(tmp_path / "received")


def test_page_is_ours_whatever_the_folder_holds(received: Atlas) -> None:
    with_scripts(received.path)
    served = application(received.path)
    scripts = {"atlas.js": "text/javascript", "atlas-more.js": "text/javascript"}
    kinds = {"index.html": "text/html", **scripts, "atlas.css": "text/css", "icon.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        answer = ask(served, f"/{name}")
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        assert answer.body == files("convscope.atlas.page").joinpath(name).read_bytes()
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert ask(served, "/").body == ask(served, "/index.html").body


def test_one_page_alone_may_be_shown_by_other_sites(received: Atlas) -> None:
    served = application(received.path)
    kept = {
        path: ask(served, f"/{path}").headers for path in ("", "index.html", "atlas.js", "data/manifest.js", "gone")
    }
    assert all("frame-ancestors 'none'" in headers["content-security-policy"] for headers in kept.values())
    answer = ask(served, "/embed.html")
    policy, strict = answer.headers["content-security-policy"], kept[""]["content-security-policy"]
    assert policy == strict.replace("frame-ancestors 'none'", "frame-ancestors *")
    again = ask(served, "/embed.html", if_none_match=answer.headers["etag"])
    assert (again.status, again.headers["content-security-policy"]) == (304, policy)
    assert ask(served, "/embed.html", method="POST").status == 405


def test_data_and_pictures_are_served_as_they_are(received: Atlas) -> None:
    with_experiment(received)
    served = application(received.path)
    for path in sorted((received.path / "data").rglob("*.js")):
        address = path.relative_to(received.path).as_posix()
        answer = ask(served, f"/{address}")
        assert (answer.status, answer.body) == (200, path.read_bytes()), address
        assert answer.headers["content-type"].startswith("text/javascript")
    for path in sorted((received.path / "pictures").rglob("*.webp")):
        answer = ask(served, "/" + path.relative_to(received.path).as_posix())
        assert (answer.status, answer.body) == (200, path.read_bytes())
        assert answer.headers["content-type"] == "image/webp"
    assert ask(served, "/experiments/curve/table.csv").body == b"a\n1\n2\n"
    assert ask(served, "/experiments/curve/table.csv").headers["content-type"].startswith("text/csv")
    assert ask(served, "/experiments/curve/curve.svg").headers["content-type"] == "image/svg+xml"
    assert b'd="M0 20L40 0"' in ask(served, "/experiments/curve/curve.svg").body


def test_what_has_not_changed_is_not_sent_again(received: Atlas) -> None:
    served = application(received.path)
    for path in ("/", "/data/manifest.js", "/pictures/00-relu1/preview.webp"):
        tag = ask(served, path).headers["etag"]
        again = ask(served, path, if_none_match=tag)
        assert (again.status, again.body) == (304, b"")
    (received.path / "data" / "experiments.js").write_bytes(script("experiments", [1]))
    tag = ask(served, "/data/experiments.js").headers["etag"]
    (received.path / "data" / "experiments.js").write_bytes(script("experiments", [12]))
    assert ask(served, "/data/experiments.js", if_none_match=tag).body == script("experiments", [12])


@pytest.mark.parametrize(
    "content",
    [
        EVIL,
        EVIL + script("network", {}),
        script("network", {}) + EVIL,
        b'__atlas("network",alert(1));\n',
        b'__atlas("network",{"a":1}),alert(1);\n',
        b'__atlas("network",{"a":NaN});\n',
        b'__atlas("network",{"a":1e999});\n',
        b'__atlas("network",{"__proto__":{"a":1}});\n',
        b'__atlas("network",{"\\u005f_proto__":{"a":1}});\n',
        b'__atlas("manifest",{});\n',
        b'__atlas("network",' + b"[" * 200_000 + b"]" * 200_000 + b");\n",
        b'__atlas("network",' + b"9" * 10_000 + b");\n",
        '__atlas("network","é");\n'.encode(),
        b"",
    ],
)
def test_a_shard_that_is_more_than_data_is_refused(received: Atlas, content: bytes) -> None:
    served = application(received.path)
    (received.path / "data" / "network.js").write_bytes(content)
    answer = ask(served, "/data/network.js")
    assert answer.status == 422
    assert "network.js" in answer.body.decode()
    assert not answer.headers["content-type"].startswith("text/javascript")


def test_a_shard_is_written_again_from_its_value(received: Atlas) -> None:
    (received.path / "data" / "network.js").write_bytes(b'__atlas("network", {"a" : "<script>"} );\n')
    reseal(received.path)
    answer = ask(application(received.path), "/data/network.js")
    assert answer.status == 200
    assert answer.body == script("network", {"a": "<script>"})


def test_nothing_else_of_the_folder_is_served(received: Atlas) -> None:
    with_experiment(received)
    with_scripts(received.path)
    served = application(received.path)
    for path in (
        *("/evil.js", "/data/evil.js", "/data/layers/evil.html", "/pictures/evil.svg", "/experiments/curve/x.js"),
        *("/store/manifest.json", "/work", "/data/", "/pictures/00-relu1", "/..%2f..%2fetc/passwd", "/%00"),
        *("/data/layers/../manifest.js", "/data//manifest.js", "/pictures/images/0/%2e%2e/0.webp", "/nothing"),
    ):
        assert ask(served, path).status == 404, path
    assert ask(served, method="POST").status == 405


def test_pictures_are_pictures(received: Atlas) -> None:
    (received.path / "pictures" / "00-relu1" / "0.webp").write_bytes(b"<svg onload='hacked=1'/>")
    reseal(received.path)
    assert ask(application(received.path), "/pictures/00-relu1/0.webp").status == 422


def test_drawings_are_drawn_again_without_what_acts(received: Atlas) -> None:
    with_experiment(received, ACTIVE)
    answer = ask(application(received.path), "/experiments/curve/curve.svg")
    assert answer.status == 200
    for word in (b"script", b"evil.example", b"onload", b"onclick", b"javascript", b"import", b"DOCTYPE", b"<?xml-"):
        assert word not in answer.body, word
    for kept in (b'd="M0 0L9 9"', b"stroke:#06c", b"a &lt; b &amp; c", b"path{stroke:red}", b'xlink:href="#ok"'):
        assert kept in answer.body, kept


@pytest.mark.parametrize(
    "content",
    [
        b"<svg",
        b'<html xmlns="http://www.w3.org/1999/xhtml"><script>hacked=1</script></html>',
        b'<!DOCTYPE svg [<!ENTITY a "hacked">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 50_000 + b"</g>" * 50_000 + b"</svg>",
        BOMB,
        BOMB.replace(b"<svg ", b'<svg id="all" ').replace(b'<use href="', b'<rect fill="url(').replace(b'"/>', b')"/>'),
        b'<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>',
    ],
)
def test_what_is_no_plain_drawing_is_refused(received: Atlas, content: bytes) -> None:
    with_experiment(received)
    (received.path / "experiments" / "curve" / "curve.svg").write_bytes(content)
    assert ask(application(received.path), "/experiments/curve/curve.svg").status == 422


def test_a_figure_is_what_its_name_says(received: Atlas) -> None:
    with_experiment(received)
    (received.path / "experiments" / "curve" / "a.png").write_bytes(PICTURE)
    assert ask(application(received.path), "/experiments/curve/a.png").status == 422


def test_links_are_not_followed_out_of_the_folder(received: Atlas, tmp_path: Path) -> None:
    served = application(received.path)
    secret = tmp_path / "secret"
    secret.mkdir()
    shutil.copy(received.path / "pictures" / "00-relu1" / "0.webp", secret / "9.webp")
    (secret / "network.js").write_bytes(script("network", "secret"))
    link(secret / "9.webp", received.path / "pictures" / "00-relu1" / "9.webp")
    link(secret / "network.js", received.path / "data" / "profiles" / "0.js")
    (received.path / "experiments").mkdir()
    (received.path / "experiments" / "out").symlink_to(secret)
    (secret / "table.csv").write_text("secret")
    for path in ("/pictures/00-relu1/9.webp", "/data/profiles/0.js", "/experiments/out/table.csv"):
        assert ask(served, path).status in (404, 422), path
        assert b"secret" not in ask(served, path).body.replace(str(tmp_path).encode(), b"")


def test_devices_and_pipes_are_no_files(received: Atlas) -> None:
    import os

    served = application(received.path)
    path = received.path / "pictures" / "00-relu1" / "9.webp"
    path.unlink()
    os.mkfifo(path)
    assert ask(served, "/pictures/00-relu1/9.webp").status in (404, 422)
    with pytest.raises(StoreError, match=r"9\.webp is no file"):
        application(received.path)


def test_atlases_beside_it_are_served_alike(received: Atlas, atlas: Atlas) -> None:
    place = received.path / "atlases" / "other"
    shutil.copytree(atlas.path, place)
    (place / "atlas.js").write_bytes(EVIL)
    (place / "data" / "network.js").write_bytes(EVIL)
    served = application(received.path)
    assert ask(served, "/atlases/other/data/manifest.js").body == (atlas.path / "data" / "manifest.js").read_bytes()
    assert ask(served, "/atlases/other/pictures/00-relu1/preview.webp").status == 200
    assert ask(served, "/atlases/other/atlas.js").status == 404
    assert ask(served, "/atlases/other/data/network.js").status == 422
    assert ask(served, "/atlases/other/atlases/other/data/manifest.js").status == 404


def test_an_atlas_whose_names_are_paths_is_refused(received: Atlas) -> None:
    path = received.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["layers"][0]["id"] = "../../../evil"
    path.write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"evil' is no name of a layer"):
        application(received.path)
