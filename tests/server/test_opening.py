"""What is served under a name: an atlas with its network's bench, found out or named, or a network's bench alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.atlas import Atlas
from convscope.data import open_source
from convscope.errors import StoreError, UsageError
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.server import application, opened
from tests.atlas.conftest import atlas, net, photos, source
from tests.atlas.received import rewrite
from tests.server.asking import ask

pytest.importorskip("starlette", reason="the extra 'server' is not installed")

__all__ = ["atlas", "net", "photos", "source"]


def never(spec: str, **_: Any) -> Network:
    raise AssertionError(f"{spec} was loaded")


def named(atlas: Atlas, folder: Path, name: str) -> Path:
    """A copy of the atlas whose manifest says another name of its network."""
    shutil.copytree(atlas.path, folder)
    rewrite(folder, lambda manifest: manifest["model"].update(name=name))
    return folder


@pytest.mark.parametrize(
    "name", ["py:os:system", "py:evil:factory (random weights)", "file:/etc/passwd", "hf:a/b", "tiny"]
)
def test_a_folder_that_somebody_sent_has_nothing_loaded(atlas: Atlas, tmp_path: Path, name: str) -> None:
    found = opened(str(named(atlas, tmp_path / "sent", name)), load=never)
    assert found.folder == tmp_path / "sent"
    assert found.bench is None
    page = ask(application(found.folder, bench=found.bench), "/").body
    assert b"convscope-bench" not in page


@pytest.mark.parametrize("value", ["zoo:tiny", ["zoo:tiny"], {"name": ["zoo:tiny"]}, None])
def test_a_manifest_that_names_no_network_is_refused_in_words(atlas: Atlas, tmp_path: Path, value: object) -> None:
    shutil.copytree(atlas.path, tmp_path / "sent")
    rewrite(tmp_path / "sent", lambda manifest: manifest.update(model=value, options=value))
    found = opened(str(tmp_path / "sent"), load=never)
    with pytest.raises(StoreError, match=r"manifest\.json: model"):
        application(found.folder, bench=found.bench)


def test_an_atlas_of_the_zoo_has_a_bench_once_it_is_asked_for(atlas: Atlas, net: Network, tmp_path: Path) -> None:
    folder, asked = named(atlas, tmp_path / "zoo", "zoo:tiny (random weights, seed 0)"), list[tuple[str, int]]()

    def load(spec: str, *, seed: int = 0) -> Network:
        asked.append((spec, seed))
        return net

    found = opened(str(folder), load=load)
    assert found.bench is not None
    assert asked == []
    served = application(folder, bench=found.bench)
    page = ask(served, "/").body
    assert b'<meta name="convscope-bench" content="bench/">' in page
    assert found.bench.token.encode() not in page
    answer = ask(served, "/bench/api/about", x_convscope_token=found.bench.token)
    told = json.loads(answer.body)
    assert [spec for spec, _ in asked] == ["zoo:tiny"]
    assert list(told["atlas"]["layers"]) == [layer.name for layer in atlas.layers]
    sprite = (
        told["atlas"]["sprite"].replace("{layer}", told["atlas"]["layers"]["relu1"]["id"]).replace("{channel}", "0")
    )
    assert ask(served, f"/{sprite}").status == 200
    found.bench.close()


@pytest.mark.parametrize("limit", [None, 6])
def test_the_sample_photos_can_be_chosen_beside_an_atlas_of_some_of_them(
    atlas: Atlas, net: Network, tmp_path: Path, limit: int | None
) -> None:
    pytest.importorskip("skimage", reason="the extra 'demo' is not installed")
    photos = open_source("samples:", limit=limit)
    told = {"kind": "samples", "fingerprint": photos.fingerprint(), "count": len(photos)}
    shutil.copytree(atlas.path, tmp_path / "some")
    rewrite(tmp_path / "some", lambda manifest: manifest["data"].update(told))
    found = opened(str(tmp_path / "some"), model="zoo:tiny", load=lambda *_: net)
    assert found.bench is not None
    source = found.bench.engine().bench.source
    assert source is not None
    assert source.name(len(source) - 1) == photos.name(len(photos) - 1)
    found.bench.close()


def test_units_can_be_ranked_by_their_own_largest_in_the_atlas(atlas: Atlas, net: Network) -> None:
    found = opened(str(atlas.path), model="zoo:tiny", load=lambda *_: net)
    assert found.bench is not None
    bench = found.bench.engine().bench
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    from tests.live.making import encoded

    told = bench.put("a", bench.decode(encoded(pixels), "own.png"))
    said = {"kind": "look", "photo": told["photo"], "layers": ["relu1"], "by": "atlas"}
    (seen,) = bench.answer("a", said, lambda _: None)
    largest = np.asarray(atlas.record("relu1").maximum)
    values = net.run(bench._photo("a", said)[2].inputs(net), ["relu1"])["relu1"][0].flatten(1).amax(1).numpy()  # pyright: ignore[reportPrivateUsage]
    shares = np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
    assert [unit["channel"] for unit in seen["layers"][0]["units"]] == np.argsort(-shares, kind="stable")[:6].tolist()
    found.bench.close()


def test_another_network_than_the_atlass_is_told(atlas: Atlas, tmp_path: Path) -> None:
    from tests.live.making import tiny

    found = opened(str(atlas.path), model="py:mine:net", load=lambda *_: tiny())
    assert found.bench is not None
    served = application(atlas.path, bench=found.bench)
    answer = ask(served, "/bench/api/about", x_convscope_token=found.bench.token)
    assert answer.status == 400
    assert "is of another network" in json.loads(answer.body)["error"]
    assert ask(served, "/data/manifest.js").status == 200  # the atlas is there all the same


def test_a_network_alone_is_served_with_its_bench() -> None:
    from tests.live.making import tiny

    found = opened("zoo:squeezenet1_1", load=lambda *_: tiny())
    assert found.folder is None
    assert found.bench is not None
    assert isinstance(found.bench.engine().bench, Bench)
    assert found.bench.engine().bench.spec == "zoo:squeezenet1_1"
    found.bench.close()
    with pytest.raises(UsageError, match="is a network already"):
        opened("zoo:squeezenet1_1", model="zoo:tiny", load=lambda *_: tiny())


def test_a_folder_whose_name_looks_like_a_network_is_a_folder(atlas: Atlas, tmp_path: Path, monkeypatch: Any) -> None:
    shutil.copytree(atlas.path, tmp_path / "zoo:tiny")
    monkeypatch.chdir(tmp_path)
    assert opened("zoo:tiny", load=never).folder == Path("zoo:tiny")
