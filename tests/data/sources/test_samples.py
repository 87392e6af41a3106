"""The embedded sample photos, which come with scikit-image and scikit-learn."""

import importlib.util
import pickle
import socket
import sys
from collections import Counter

import numpy as np
import pytest

from convscope.data import CREDITS, decode, open_source
from convscope.data.sources.samples import _squares, _starts, open_samples
from convscope.errors import MissingExtra, SourceError

needed = pytest.mark.skipif(
    importlib.util.find_spec("skimage") is None or importlib.util.find_spec("sklearn") is None,
    reason="scikit-image and scikit-learn are not installed",
)


@needed
def test_samples() -> None:
    source = open_source("samples:")
    assert source.kind == "samples"
    assert 200 <= len(source) <= 300
    assert set(source.classes) == set(CREDITS)
    counts = Counter(source.label(index) for index in range(len(source)))
    assert set(counts) == set(range(len(source.classes)))
    assert min(counts.values()) >= 9
    names = [source.name(index) for index in range(len(source))]
    assert len(set(names)) == len(names)
    assert all(name.startswith(source.classes[source.label(index)] + "/") for index, name in enumerate(names))


@needed
def test_samples_are_squares_of_a_useful_size() -> None:
    source = open_samples()
    for index in range(0, len(source), 7):
        image = source.read(index)
        assert image.dtype == np.uint8
        assert image.shape == (image.shape[0], image.shape[0], 3)
        assert image.shape[0] >= 96
        assert image.std() > 3


@needed
def test_mirror_images_are_mirrored() -> None:
    source = open_samples()
    # The largest squares come both ways, one after the other.
    plain, mirrored = source.read(0), source.read(1)
    assert source.name(1) == source.name(0) + "-mirrored"
    assert np.array_equal(plain, mirrored[:, ::-1])


@needed
def test_square_is_cut_where_its_name_says() -> None:
    from skimage import data  # the package's own way to the same file

    source = open_samples()
    rocket = data.rocket()
    for index in range(len(source)):
        square = source.squares[index]
        if source.classes[square.photo] == "rocket" and not square.mirrored:
            part = rocket[square.top : square.top + square.side, square.left : square.left + square.side]
            assert np.array_equal(source.read(index), part)
            assert source.name(index) == f"rocket/y{square.top}x{square.left}s{square.side}"


@needed
def test_reading_leaves_the_photos_alone() -> None:
    source = open_samples()
    before = source.read(0).copy()
    source.read(0)[:] = 0
    assert np.array_equal(source.read(0), before)


@needed
def test_nothing_is_imported_or_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("skimage", "sklearn", "pooch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(socket, "socket", None)
    source = open_source("samples:")
    assert decode(source.read(len(source) - 1)).ndim == 3
    assert not {"skimage", "sklearn", "pooch"} & set(sys.modules)


@needed
def test_fingerprint_and_travel() -> None:
    source = open_samples()
    source.read(5)
    message = pickle.dumps(source)
    assert len(message) < 100_000  # the photos stay behind
    copy = pickle.loads(message)  # noqa: S301
    assert copy.fingerprint() == source.fingerprint()
    assert np.array_equal(copy.read(5), source.read(5))


def test_squares_cover_the_photo_evenly() -> None:
    assert _starts(10, 10) == [0]
    assert _starts(20, 10) == [0, 10]
    assert _starts(11, 10) == [0, 1]
    assert _starts(25, 10) == [0, 8, 15]


def test_small_scales_are_left_out() -> None:
    # Short side 120: squares of 120, and of 84 and 60 pixels, which are too small.
    assert {square.side for square in _squares(0, (120, 120), scales=(1, 0.7, 0.5), mirror=True)} == {120}
    assert [square.mirrored for square in _squares(0, (120, 240), scales=(1, 0.7), mirror=True)] == [
        False,
        True,
        False,
        True,
    ]
    assert not any(square.mirrored for square in _squares(0, (400, 400), scales=(1, 0.5), mirror=False))


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"scikit-image is needed .* install 'convscope\[demo\]'"):
        open_source("samples:")


def test_samples_have_no_parts() -> None:
    with pytest.raises(SourceError, match="say samples:"):
        open_source("samples:cats")
