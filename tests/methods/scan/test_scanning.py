"""Scans of made-up and of real outputs, against sorting the full matrix of responses."""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.data import Preprocess, open_source
from convscope.errors import SourceError, UnknownLayer, UsageError
from convscope.graph import Network
from convscope.models.tiny import random_tiny
from convscope.stores.scan import KeptScan, scan
from tests.methods.scan_fakes import Answers, Numbered, answers


def literal(output: Tensor, k: int, *, skip: frozenset[int] = frozenset()) -> list[list[tuple[float, int, int, int]]]:
    """For every channel the k best (value, image, y, x), sorted by Python from one candidate an image."""
    maps = output.float() if output.dim() == 4 else output.float()[:, :, None, None]
    best = []
    for channel in range(maps.shape[1]):
        found = []
        for image in range(len(maps)):
            flat = [(-v, p) for p, v in enumerate(maps[image, channel].flatten().tolist()) if not math.isnan(v)]
            if flat and image not in skip:
                value, place = min(flat)
                found.append((value, image, *divmod(place, maps.shape[3])))
        best.append([(-value, image, y, x) for value, image, y, x in sorted(found)[:k]])
    return best


def listed(found: KeptScan, layer: str) -> list[list[tuple[float, int, int, int]]]:
    """The filled places of a layer's table in the form of `literal`."""
    topk = found[layer].topk
    return [
        [
            (value, image, y, x)
            for value, image, (y, x) in zip(values.tolist(), images.tolist(), places.tolist(), strict=True)
            if image >= 0
        ]
        for values, images, places in zip(topk.values, topk.images, topk.positions, strict=True)
    ]


def check(net: Answers, found: KeptScan, k: int, *, skip: frozenset[int] = frozenset()) -> None:
    for layer, output in net.outputs.items():
        assert listed(found, layer) == literal(output.to(net.dtype), k, skip=skip)


# -- top-k ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_equals_sorting_everything_with_ties(memory_format: torch.memory_format) -> None:
    net = answers(301)
    net.memory_format = memory_format
    check(net, scan(net, Numbered(301), workers=2), 9)


def test_equals_torch_topk_over_20000_images() -> None:
    scores = torch.randperm(20_000 * 64).float().view(20_000, 64)
    found = scan(Answers({"x": scores}), Numbered(20_000), workers=1, batch=512)["x"]
    values, images = scores.topk(9, dim=0)
    np.testing.assert_array_equal(found.values, values.T)
    np.testing.assert_array_equal(found.images, images.T)
    assert (found.positions == 0).all()


@pytest.mark.parametrize("count", [1, 2, 16, 17, 33])
def test_last_micro_batch_of_any_size(count: int) -> None:
    net = answers(count)
    found = scan(net, Numbered(count), k=3)
    check(net, found, 3)
    assert found.images == count
    assert found.complete
    assert found["maps"].statistics is not None
    assert found["maps"].statistics.count == count
    assert found["maps"].statistics.histogram.sum().item() == count * 5


def test_the_network_always_sees_whole_micro_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    run = Answers.run

    def recorded(self: Answers, images: Tensor, layers: list[str]) -> dict[str, Tensor]:
        seen.append((len(images), torch.get_num_threads()))
        return run(self, images, layers)

    monkeypatch.setattr(Answers, "run", recorded)
    scan(answers(70), Numbered(70, corrupt=frozenset({1, *range(16, 32)})), workers=2, batch=7)
    assert seen == [(16, 1)] * 4  # of the second nothing is readable


def test_more_places_than_images() -> None:
    net = answers(4)
    found = scan(net, Numbered(4), k=9)
    check(net, found, 9)
    assert (found["maps"].values[:, 4:] == -np.inf).all()
    assert (found["maps"].images[:, 4:] == -1).all()
    assert (found["maps"].positions[:, 4:] == -1).all()


def test_dead_negative_infinite_and_nan_units() -> None:
    maps = torch.zeros(20, 7, 2, 2)
    maps[:, 1] = -torch.arange(20.0)[:, None, None] - 1
    maps[:, 2] = torch.nan
    maps[:, 3] = -torch.inf
    maps[:, 4, 0, 0] = torch.nan
    maps[7, 4, 1, 1] = 5.0
    maps[3, 5] = torch.inf
    maps[4, 6] = torch.nan
    maps[5, 6, 1, 0] = 2.0
    net = Answers({"x": maps})
    found = scan(net, Numbered(20), k=3)
    check(net, found, 3)
    assert listed(found, "x")[0] == [(0.0, 0, 0, 0), (0.0, 1, 0, 0), (0.0, 2, 0, 0)]
    assert listed(found, "x")[1][0] == (-1.0, 0, 0, 0)
    assert listed(found, "x")[2] == []
    assert listed(found, "x")[3][0] == (-math.inf, 0, 0, 0)
    assert listed(found, "x")[4][:2] == [(5.0, 7, 1, 1), (0.0, 0, 0, 1)]
    statistics = found["x"].statistics
    assert statistics is not None
    assert statistics.nan.tolist() == [0, 0, 80, 0, 20, 0, 4]
    assert statistics.maximum.tolist() == [0, -1, -math.inf, -math.inf, 5, math.inf, 2]
    assert statistics.saturated.tolist() == [0, 0, 0, 20, 0, 1, 0]
    assert np.isnan(statistics.mean[2])
    assert statistics.mean[4].item() == pytest.approx(5 / 60)
    assert statistics.active[6].item() == pytest.approx(1 / 76)
    assert statistics.histogram.sum(1).tolist() == [20, 20, 0, 20, 20, 20, 19]


def test_duplicate_images_are_listed_by_index() -> None:
    maps = torch.rand(1, 3, 4, 4).expand(40, -1, -1, -1).clone()
    found = scan(Answers({"x": maps}), Numbered(40), k=4, workers=2)
    assert found["x"].images.tolist() == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_values_are_float32_whatever_the_network_computes_in(dtype: torch.dtype) -> None:
    net = answers(50)
    net.outputs["fine"] = torch.randn(50, 3, 4, 4).to(dtype)
    net.dtype = dtype
    found = scan(net, Numbered(50))
    check(net, found, 9)
    assert found["fine"].values.dtype == np.float32
    assert found["fine"].topk.positions.dtype == np.int32


def test_a_traced_network_against_its_own_full_matrix() -> None:
    net = Network.trace(random_tiny(), (3, 32, 32), preprocess=Preprocess(32, 32), folding="none")
    pixels = np.random.default_rng(0).integers(0, 256, (48, 32, 32, 3), dtype=np.uint8)
    layers = ["relu1", "block1", "block2.conv1", "fc"]
    found = scan(net, open_source(list(pixels)), layers=layers, workers=1)
    folded = Network.trace(random_tiny(), (3, 32, 32), preprocess=Preprocess(32, 32))
    nearly = scan(folded, open_source(list(pixels)), layers=layers, workers=1)
    assert net.preprocess is not None
    images = net.preprocess.normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2))
    names = [net.layers[name].name for name in layers]
    assert found.layers == tuple(names)
    runs = [net.run(part, names) for part in images.split(16)]
    for name in names:
        output = torch.cat([run[name] for run in runs])
        assert listed(found, name) == literal(output, 9)
        np.testing.assert_allclose(nearly[name].values, found[name].values, rtol=1e-5, atol=1e-6)
        statistics = found[name].statistics
        assert statistics is not None
        maps = output.reshape(48, len(statistics.mean), -1).double()
        np.testing.assert_allclose(statistics.mean, maps.mean((0, 2)), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(statistics.active, (maps > 0).double().mean((0, 2)), rtol=1e-6, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_traced_network_in_half_precision(dtype: torch.dtype) -> None:
    net = Network.trace(random_tiny(), (3, 32, 32), preprocess=Preprocess(32, 32)).to(dtype=dtype)
    pixels = np.random.default_rng(1).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    found = scan(net, open_source(list(pixels)), layers=["block2"], k=2, workers=1)
    name = net.layers["block2"].name
    assert net.preprocess is not None
    images = net.preprocess.normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2), dtype=dtype)
    padded = torch.cat([images, images[-1:].expand(12, -1, -1, -1)])
    output = torch.cat([net.run(part, [name])[name] for part in padded.split(16)])[:20]
    assert listed(found, name) == literal(output, 2)


# -- images and labels ------------------------------------------------------------------------------------------------


def test_unreadable_images_are_listed_and_leave_the_others_as_they_are() -> None:
    net, corrupt = answers(70), frozenset({0, 5, 15, 16, 69, *range(32, 48)})
    found = scan(net, Numbered(70, corrupt=corrupt), workers=2, batch=64)
    check(net, found, 9, skip=corrupt)
    assert [failure.index for failure in found.failures] == sorted(corrupt)
    assert (found.failures[0].name, found.failures[0].reason) == ("0.png", "made so")
    assert found.images == 70 - len(corrupt)
    assert found.complete
    assert found["maps"].statistics is not None
    assert found["maps"].statistics.count == found.images


def test_nothing_readable_at_all_is_an_error(tmp_path: Path) -> None:
    for store in (None, tmp_path / "scan", tmp_path / "scan"):  # the last time from what was kept
        with pytest.raises(SourceError, match=r"none of the 5 images of the collection can be read; the first, 0\.png"):
            scan(answers(5), Numbered(5, corrupt=frozenset(range(5))), store=store)
    assert not (tmp_path / "scan" / "manifest.json").exists()


def test_nothing_readable_in_a_shard_is_none() -> None:
    found = scan(answers(40), Numbered(40, corrupt=frozenset(range(40))), shard=(0, 2))
    assert found.images == 0
    assert (found["maps"].images == -1).all()
    assert found["maps"].statistics is not None
    assert np.isnan(found["maps"].statistics.mean).all()


def test_class_means_are_of_spatial_maxima() -> None:
    net = answers(45)
    labels = [i % 4 - 1 for i in range(45)]
    found = scan(net, Numbered(45, labels=labels, classes=("a", "b", "c", "d")))["maps"].statistics
    assert found is not None
    assert found.class_mean is not None
    assert found.class_count is not None
    maxima = net.outputs["maps"].amax((2, 3)).double()
    for number in range(3):
        of_class = maxima[[i for i, label in enumerate(labels) if label == number]]
        np.testing.assert_allclose(found.class_mean[:, number], of_class.mean(0), rtol=1.3e-6, atol=1e-5)
    assert found.class_count.tolist() == [11, 11, 11, 0]
    assert np.isnan(found.class_mean[:, 3]).all()


def test_class_means_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    net, source = answers(3), Numbered(3, labels=[0, 1, 0], classes=("a", "b"))
    found = scan(net, source, statistics="units")["maps"].statistics
    assert found is not None
    assert found.class_mean is None
    assert scan(net, source, statistics="none")["maps"].statistics is None
    monkeypatch.setattr("convscope.methods.scan.scanning.CLASS_TABLE_LIMIT", 16 * 2 * 11 - 1)
    found = scan(net, source)["maps"].statistics
    assert found is not None
    assert found.class_mean is None


def test_a_label_without_a_class_is_refused() -> None:
    with pytest.raises(SourceError, match="label 7, but the source names 2 classes"):
        scan(answers(3), Numbered(3, labels=[0, 7, 1], classes=("a", "b")))


# -- options ----------------------------------------------------------------------------------------------------------


def test_layers_come_in_the_networks_order_and_once() -> None:
    found = scan(answers(3), Numbered(3), layers=["vectors", "maps", "vectors"])
    assert found.layers == ("maps", "vectors")
    assert list(found) == ["maps", "vectors"]
    assert len(found) == 2
    assert "maps" in found
    assert found["maps"].layer == "maps"


def test_layers_default_to_the_networks_stages() -> None:
    net = Network.trace(random_tiny(), (3, 32, 32), preprocess=Preprocess(32, 32))
    source = open_source([np.zeros((32, 32, 3), np.uint8)])
    assert scan(net, source).layers == tuple(net.layers.stages())


def test_a_layer_that_was_not_scanned_is_named_with_the_nearest() -> None:
    found = scan(answers(3), Numbered(3))
    with pytest.raises(UnknownLayer, match="'map' was not scanned; did you mean 'maps'"):
        found["map"]


def test_unknown_layers_are_refused() -> None:
    with pytest.raises(UnknownLayer, match="nothing"):
        scan(answers(3), Numbered(3), layers=["nothing"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k=0"),
        ({"k": 99999999999}, r"k=99999999999: .* 20,489 GiB, .* keep 19522578 or fewer"),
        ({"batch": 0}, "batch=0"),
        ({"workers": 0}, "workers=0"),
        ({"shard": (2, 2)}, r"shard=\(2, 2\)"),
        ({"shard": (-1, 2)}, r"shard=\(-1, 2\)"),
        ({"layers": []}, "no layers"),
        ({"layers": "maps"}, "give a list"),
        ({"statistics": "some"}, "statistics='some'"),
    ],
)
def test_options_without_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        scan(answers(3), Numbered(3), **options)


def test_a_network_without_preprocessing_is_refused() -> None:
    net = answers(3)
    net.preprocess = None
    with pytest.raises(UsageError, match="brings no preprocessing"):
        scan(net, Numbered(3))


def test_preprocessing_for_another_size_is_refused() -> None:
    net = Network.trace(nn.Conv2d(3, 2, 3), (3, 8, 8), preprocess=Preprocess(9, 8))
    with pytest.raises(UsageError, match=r"\(3, 9, 8\).*\(3, 8, 8\)"):
        scan(net, open_source([np.zeros((8, 8, 3), np.uint8)]))


def test_a_source_without_images_is_refused() -> None:
    with pytest.raises(SourceError, match="no images to scan"):
        scan(answers(3), Numbered(0))


def test_progress_counts_images_up_to_all() -> None:
    told: list[tuple[str, int, int]] = []
    scan(answers(70), Numbered(70, corrupt=frozenset({3})), progress=lambda *what: told.append(what))
    assert told[0] == ("scan", 0, 70)
    assert told[-1] == ("scan", 70, 70)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_workers_error_ends_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    net = answers(64)

    def broken(self: Answers, images: Tensor, layers: object) -> dict[str, Tensor]:
        raise MemoryError("no room for maps")

    monkeypatch.setattr(Answers, "run", broken)
    with pytest.raises(MemoryError, match="no room for maps"):
        scan(net, Numbered(64), workers=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_callers_number_of_threads_is_put_back(threads: int) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        scan(answers(20), Numbered(20), workers=2)
        with ThreadPoolExecutor(1) as pool:  # PyTorch keeps one number for threads to come
            assert pool.submit(torch.get_num_threads).result() == torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_scan_says_what_it_is() -> None:
    assert repr(scan(answers(20), Numbered(20))) == "<KeptScan of answers on 20 images: maps, vectors>"
    assert repr(scan(answers(20), Numbered(20), shard=(1, 2))) == (
        "<KeptScan of answers on 4 of 20 images: maps, vectors>"
    )
