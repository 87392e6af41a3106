"""`convscope overlap`."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def photographs(folder: Path, count: int) -> Path:
    """Pictures with structure, which noise of single pixels has not when it is made smaller."""
    random = np.random.default_rng(5)
    folder.mkdir()
    for number in range(count):
        coarse = random.integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((120, 120), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def test_images_in_both_collections_are_listed(convscope: Callable, tmp_path: Path) -> None:
    one, other = photographs(tmp_path / "one", 6), tmp_path / "other"
    other.mkdir()
    shutil.copy(one / "4.png", other / "same.png")
    done = convscope("overlap", one, other, "-o", tmp_path / "kept")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"pairs.csv", "overlap.safetensors"}
    (pair,) = csv.DictReader((tmp_path / "kept" / "pairs.csv").read_text().splitlines())
    assert (pair["name_a"], pair["name_b"]) == ("4.png", "same.png")
    assert f"1 of 6 images are of the 1 of {other} (1 pairs): {tmp_path / 'kept' / 'pairs.csv'}" in done.out


def test_duplicates_within_a_collection_and_what_cannot_be_read(convscope: Callable, tmp_path: Path) -> None:
    one = photographs(tmp_path / "one", 4)
    shutil.copy(one / "2.png", one / "again.png")
    (one / "broken.png").write_bytes(b"no picture")
    done = convscope("overlap", one)
    assert done.code == 0, done.err
    assert "again in the same collection (1 pairs)" in done.out
    assert f"1 images of {one} could not be read" in done.err
    wrong = convscope("overlap", one, "--threshold", "2")
    assert (wrong.code, "2" in wrong.err) == (2, True)
