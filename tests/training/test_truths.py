"""Masks and tables of what is true of images, as strangers may have made them."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.data import Preprocess, open_source
from convscope.data.allowance import Allowance
from convscope.errors import ConvscopeError, ImageError, SourceError, UsageError
from convscope.training.truths import Masks, Truths

RECIPE = Preprocess(8, 8, mean=(0.5,) * 3, std=(0.25,) * 3, resize=None)


def read(folder: Path, name: str = "a.png", **options: Any) -> np.ndarray:
    masks = Masks.open(folder)
    path = masks.path(name)
    assert path is not None
    return masks.read(path, (8, 8), RECIPE, (8, 8), **options)


def test_a_mask_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, mark, place = tmp_path / "bin", tmp_path / "mark", tmp_path / "masks"
    programs.mkdir()
    place.mkdir()
    (programs / "gs").write_text(f"#!/bin/sh\nmkdir '{mark}'\nexit 1\n", encoding="ascii")
    (programs / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    grey = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n%\n%ImageData: 8 8 8 1 0 1 1 "image"\n'
    (place / "a.png").write_bytes(grey)
    with pytest.raises(ImageError, match=r"a\.png cannot be read as a mask: PostScript"):
        read(place)
    assert not mark.exists()


@pytest.mark.parametrize("head", ["", "Unnamed: 0"])
def test_an_index_that_pandas_wrote_is_no_column(tmp_path: Path, head: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(f"{head},image,age,weight\n0,a.png,31,2.5\n1,b.png,5,1\n")
    found = Truths.given(path)
    assert found.columns == ("age", "weight")
    assert {name: list(numbers) for name, numbers in found.numbers.items()} == {"a.png": [31, 2.5], "b.png": [5, 1]}
    path.write_text(",age,weight\na.png,31,2.5\nb.png,5,1\n")  # images that are the index are names
    assert Truths.given(path).columns == ("age", "weight")
    path.write_text("number,age,weight\n0,31,2.5\n1,5,1\n")
    assert list(Truths.given(path).numbers) == ["0", "1"]


def test_masks_are_regular_files_and_bounded(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to("/dev/zero")
    Image.new("L", (8, 8)).save(tmp_path / "c.png")
    for name in ("a.png", "b.png"):
        with pytest.raises(ImageError, match="no regular file"):
            read(tmp_path, name)
    assert read(tmp_path, "c.png").shape == (8, 8)
    with pytest.raises(ImageError, match="more than the limit of 63"):
        read(tmp_path, "c.png", allowance=Allowance(pixels=63))


def test_damaged_masks_are_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for form in ("PNG", "BMP", "TIFF", "GIF"):
        memory = io.BytesIO()
        Image.fromarray(rng.integers(0, 5, (8, 8), np.uint8)).save(memory, form)
        for _ in range(40):
            content = bytearray(memory.getvalue())
            for place in rng.integers(0, len(content), 4):
                content[place] = rng.integers(0, 256)
            (tmp_path / "a.png").write_bytes(content)
            try:
                read(tmp_path)
            except ConvscopeError as error:
                assert "a.png" in str(error)  # noqa: PT017 (it may be a mask still)


def test_which_of_two_masks_is_meant_is_not_guessed(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/a.png", "b.png", "b.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / name)
    masks = Masks.open(tmp_path)
    assert masks.path("two/a.jpg") == tmp_path / "two" / "a.png"
    for name in ("three/a.jpg", "b.jpg"):
        with pytest.raises(UsageError, match="two masks"):
            masks.path(name)
    assert masks.path("c.jpg") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image,a\nx,1\nx,2\n", "'x' stands there twice"),
        ("image,a,a\nx,1,2\n", "two columns are called 'a'"),
        ("image,a\nx,nan\n", "not finite"),
        (f"image,a\nx,{'9' * 200_000}\n", "cannot be read"),
    ],
)
def test_tables_that_do_not_tell_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(SourceError, match=problem):
        Truths.given(tmp_path / "t.csv")


@pytest.mark.parametrize("truth", [{"a": [1, 2], "b": [1, 2, 3]}, {"a": [1, 2], "b": [1]}, [[1, 2], [3]], 5])
def test_numbers_of_different_lengths_are_refused(truth: Mapping[str, Any]) -> None:
    with pytest.raises((SourceError, UsageError), match=r"truth"):
        Truths.given(truth)


def test_tables_are_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").symlink_to("/dev/zero")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(SourceError, match="no regular file"):
            Truths.given(tmp_path / name)


def test_masks_of_images_without_a_name_to_cut(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 8, 8), np.uint8))
    Image.new("L", (8, 8)).save(tmp_path / "1.png")
    source, masks = open_source(f"npy:{tmp_path / 'a.npy'}"), Masks.open(tmp_path)
    assert [masks.path(source.name(index)) for index in range(2)] == [None, tmp_path / "1.png"]
