"""Crops kept on disk: the same pixels without decoding, whole or not at all, shared and keyed by what they are of."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.data import Preprocess, batches, cached, load_image, open_source
from convscope.data.sources.base import Source
from convscope.errors import ImageError, StoreError
from tests.mutations import mutate

RECIPE = Preprocess(8, 8, resize=10)


@pytest.fixture
def photos(tmp_path: Path) -> Source:
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for i in range(5):
        Image.fromarray(generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)).save(folder / f"{i}.png")
    (folder / "5.png").write_bytes(b"no image")
    return open_source(folder)


def pixels(source: Source) -> tuple[np.ndarray, list[int]]:
    found = list(batches(source, RECIPE, size=2))
    return np.concatenate([b.images.numpy() for b in found]), [f.index for b in found for f in b.failures]


def test_cached_crops_are_those_of_the_source(photos: Source, tmp_path: Path) -> None:
    plain, failed = pixels(photos)
    cache = cached(photos, tmp_path / "cache")
    for _ in range(2):
        again, failed_again = pixels(cache)
        np.testing.assert_array_equal(again, plain)
        assert failed_again == failed == [5]
    assert cache.fingerprint() == photos.fingerprint()
    assert (len(cache), cache.name(1), cache.label(1)) == (len(photos), photos.name(1), photos.label(1))


def test_nothing_is_decoded_twice(photos: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cached(photos, tmp_path / "cache")
    plain, _ = pixels(cache)

    def refuse(_source: Source, _index: int) -> bytes:
        raise ImageError("read again")

    monkeypatch.setattr(type(photos), "read", refuse)
    for fresh in (cache, cached(photos, tmp_path / "cache")):
        again, failed = pixels(fresh)
        np.testing.assert_array_equal(again, plain)
        assert failed == [5]
    with pytest.raises(ImageError, match="read again"):
        load_image(cached(photos, tmp_path / "other"), 0, RECIPE)


def test_another_geometry_has_its_own_crops_and_another_normalisation_the_same(photos: Source, tmp_path: Path) -> None:
    cache = cached(photos, tmp_path / "cache")
    load_image(cache, 0, RECIPE)
    load_image(cache, 0, Preprocess(8, 8, resize=10, mean=(0.1, 0.2, 0.3)))
    assert len(list((tmp_path / "cache").glob("*.rows"))) == 1
    assert load_image(cache, 0, Preprocess(6, 8, resize=10)).shape == (6, 8, 3)
    assert len(list((tmp_path / "cache").glob("*.rows"))) == 2


def test_a_source_with_a_cache_travels_to_other_processes(photos: Source, tmp_path: Path) -> None:
    cache = cached(photos, tmp_path / "cache")
    before = load_image(cache, 2, RECIPE)
    copy = pickle.loads(pickle.dumps(cache))  # noqa: S301 our own bytes
    np.testing.assert_array_equal(load_image(copy, 2, RECIPE), before)


def test_a_file_that_is_no_cache_is_named(photos: Source, tmp_path: Path) -> None:
    load_image(cached(photos, tmp_path / "cache"), 0, RECIPE)
    file = next((tmp_path / "cache").glob("*.rows"))
    file.write_bytes(b"short")
    with pytest.raises(StoreError, match=rf"{file.name} is not the table that belongs there: .* delete it"):
        load_image(cached(photos, tmp_path / "cache"), 0, RECIPE)


def test_a_folder_that_cannot_be_made_is_named(photos: Source, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        load_image(cached(photos, tmp_path / "file" / "cache"), 0, RECIPE)


# -- damage -----------------------------------------------------------------------------------------------------------


def filled(photos: Source, folder: Path) -> tuple[np.ndarray, list[int]]:
    """The crops of a cache that was just filled."""
    return pixels(cached(photos, folder))


def test_any_one_file_of_a_cache_may_be_deleted(photos: Source, tmp_path: Path) -> None:
    plain, _ = filled(photos, tmp_path / "cache")
    for file in sorted((tmp_path / "cache").iterdir()):
        folder = tmp_path / file.name
        shutil.copytree(tmp_path / "cache", folder)
        (folder / file.name).unlink()
        np.testing.assert_array_equal(filled(photos, folder)[0], plain)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_cache_gives_the_same_pixels_or_is_named(photos: Source, tmp_path: Path, seed: int) -> None:
    plain, failed = filled(photos, tmp_path / "cache")
    done = mutate(tmp_path / "cache", seed)
    for _ in range(2):
        try:
            found, failed_again = pixels(cached(photos, tmp_path / "cache"))
        except StoreError as error:
            assert str(tmp_path / "cache") in str(error)  # noqa: PT017 either outcome is right
            continue
        np.testing.assert_array_equal(found, plain, err_msg=done)
        assert failed_again == failed
