"""Features from the layers of a network, kept on disk."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import convscope as cs
from convscope import kernels
from convscope.data import batches
from convscope.errors import SourceError, StoreError, UsageError
from convscope.generalisation import Pooling, extract, features
from convscope.graph import Layer
from tests.cli.conftest import write_images
from tests.mutations import mutate

LAYERS = ["conv1", "block2", "fc"]


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> cs.Source:
    return cs.open_source(write_images(tmp_path_factory.mktemp("photos"), 37))


def direct(net: cs.Network, source: cs.Source, layer: str) -> torch.Tensor:
    """A layer's maps for all images, one image at a time."""
    assert net.preprocess is not None
    maps = [net.run(net.preprocess.normalise(b.images), [layer])[layer] for b in batches(source, net.preprocess)]
    return torch.cat(maps)


def test_kept_features_are_those_of_the_network(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    found = extract(net, source, LAYERS, store=tmp_path, pooling=Pooling(limit=400))
    everything = np.arange(37)
    conv1 = direct(net, source, "conv1")  # 16 maps of 32x32: a grid of 5x5 is the largest within 400
    expected = F.adaptive_avg_pool2d(conv1, 5).flatten(1).numpy()
    assert np.allclose(found["conv1"].rows(everything), expected, atol=1e-5)
    assert np.allclose(found["fc"].rows(everything), direct(net, source, "fc").numpy(), atol=1e-5)
    block = found["block2.relu2"] if "block2.relu2" in found else found["block2"]
    assert block.rows(everything).shape == (37, 32 * 3 * 3)


@pytest.mark.parametrize(("how", "reduce"), [("mean", lambda m: m.mean((2, 3))), ("max", lambda m: m.amax((2, 3)))])
def test_one_number_a_channel(net: cs.Network, source: cs.Source, tmp_path: Path, how: str, reduce: object) -> None:
    found = extract(net, source, ["conv1"], store=tmp_path, pooling=Pooling(how))  # pyright: ignore
    expected = reduce(direct(net, source, "conv1")).numpy()  # pyright: ignore
    assert np.allclose(found["conv1"].rows(np.arange(37)), expected, atol=1e-5)


def test_flattened_maps_are_as_they_are(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    found = extract(net, source, ["conv1"], store=tmp_path, pooling=Pooling("flatten", limit=1))
    assert np.allclose(found["conv1"].rows(np.arange(37)), direct(net, source, "conv1").flatten(1).numpy(), atol=1e-5)


def test_grid_is_the_largest_within_the_limit() -> None:
    tall = Layer("x", "relu", 10, 2, 30, True, None)
    for limit in (10, 40, 100, 600):
        height, width = Pooling(limit=limit).grid(tall)
        assert 10 * height * width <= limit
        assert 10 * min(height + 1, 2) * min(width + 1, 30) > limit or (height, width) == (2, 30)


def test_bits_do_not_depend_on_workers_or_on_other_images(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    whole = extract(net, source, ["block2"], store=tmp_path / "a", workers=2)
    some = np.array([36, 3, 20])
    part = extract(net, source, ["block2"], store=tmp_path / "b", workers=1, indices=some)
    (a,), (b,) = whole.values(), part.values()
    assert np.array_equal(a.rows(some), b.rows(some))
    assert b.readable.sum() == 3
    with pytest.raises(SourceError, match="image 0 has no features"):
        b.rows(np.array([0]))


def test_what_is_kept_is_not_computed_again(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    extract(net, source, ["conv1"], store=tmp_path, indices=np.arange(20), progress=lambda *a: told.append(a))
    assert told[-1][1:] == (20, 20)
    told.clear()
    extract(net, source, ["conv1"], store=tmp_path, indices=np.arange(10), progress=lambda *a: told.append(a))
    assert told == []
    extract(net, source, ["conv1"], store=tmp_path, progress=lambda *a: told.append(a))
    assert told[0][1:] == (20, 37)


def test_interrupted_pass_goes_on(
    net: cs.Network, source: cs.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= 16:
            raise KeyboardInterrupt

    monkeypatch.setattr(features, "micro_batch", lambda _: 4)  # ten of them, of which three are under way at once
    with pytest.raises(KeyboardInterrupt):
        extract(net, source, ["conv1"], store=tmp_path, workers=1, progress=stop)
    told: list[int] = []
    found = extract(net, source, ["conv1"], store=tmp_path, progress=lambda _, done, total: told.append(done))
    assert 16 <= told[0] < 37
    other = extract(net, source, ["conv1"], store=tmp_path / "new")
    assert np.array_equal(found["conv1"].rows(np.arange(37)), other["conv1"].rows(np.arange(37)))


def test_another_network_has_other_features(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    one = extract(net, source, ["fc"], store=tmp_path)
    two = extract(cs.load("zoo:tiny", seed=1), source, ["fc"], store=tmp_path)
    assert not np.allclose(one["fc"].rows(np.arange(37)), two["fc"].rows(np.arange(37)))


def test_features_with_and_without_compiled_loops_are_not_mixed(net: cs.Network, source: cs.Source) -> None:
    key, layer = features.feature_key, net.layers["fc"]
    with kernels.switched("off"):
        off = key(net, source, layer, Pooling())
        assert key(net.to(dtype=torch.float64), source, layer, Pooling()).get("kernels") is None, "goes the plain way"
    assert off["kernels"] == "off"
    if kernels.state() == "on":
        assert {**key(net, source, layer, Pooling()), "kernels": "off"} == off
        assert key(net, source, layer, Pooling()) != off


def test_unreadable_image_is_known_and_not_tried_again(net: cs.Network, tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", 5)
    (photos / "odd" / "3.png").write_bytes(b"no image")
    source = cs.open_source(photos)
    found = extract(net, source, ["fc"], store=tmp_path / "store")["fc"]
    bad = next(i for i in range(5) if source.name(i) == "odd/3.png")
    assert np.flatnonzero(~found.readable).tolist() == [bad]
    told: list[object] = []
    extract(net, source, ["fc"], store=tmp_path / "store", progress=lambda *a: told.append(a))
    assert told == []


def test_damaged_store_says_what_to_do(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    extract(net, source, ["fc"], store=tmp_path)
    (damaged,) = tmp_path.glob("*.rows")
    damaged.write_bytes(b"")
    with pytest.raises(StoreError, match=r"is not the table that belongs there: .* delete it"):
        extract(net, source, ["fc"], store=tmp_path)


def test_bad_requests_are_refused(net: cs.Network, source: cs.Source, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no layers"):
        extract(net, source, [], store=tmp_path)
    with pytest.raises(UsageError, match="pooling 'avg'"):
        Pooling("avg")  # pyright: ignore


# -- damage -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(net: cs.Network, source: cs.Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds two layers of all images."""
    folder = tmp_path_factory.mktemp("kept")
    extract(net, source, ["conv1", "fc"], store=folder)
    return folder


def numbers(net: cs.Network, source: cs.Source, folder: Path) -> np.ndarray:
    found = extract(net, source, ["conv1", "fc"], store=folder)
    return np.concatenate([found[name].rows(np.arange(37)) for name in ("conv1", "fc")], axis=1)


def test_any_one_file_of_a_store_may_be_deleted(net: cs.Network, source: cs.Source, kept: Path, tmp_path: Path) -> None:
    plain = numbers(net, source, kept)
    for file in sorted(kept.iterdir()):
        folder = tmp_path / file.name
        shutil.copytree(kept, folder)
        (folder / file.name).unlink()
        assert np.array_equal(numbers(net, source, folder), plain)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_store_gives_the_same_features_or_is_named(
    net: cs.Network, source: cs.Source, kept: Path, tmp_path: Path, seed: int
) -> None:
    plain, folder = numbers(net, source, kept), tmp_path / "store"
    shutil.copytree(kept, folder)
    done = mutate(folder, seed)
    for _ in range(2):
        try:
            found = numbers(net, source, folder)
        except StoreError as error:
            assert str(folder) in str(error)  # noqa: PT017 either outcome is right
            continue
        assert np.array_equal(found, plain), done
