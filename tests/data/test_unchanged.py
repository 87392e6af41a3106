"""What is noticed of files that change while a question is answered, and what is no change."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.data import Source, cached, limit, open_source
from convscope.data.sources.anonymous import anonymous
from convscope.data.unchanged import Moment
from convscope.errors import ImageError


def write(path: Path, level: int) -> Path:
    """A picture whose file has one size whatever the level."""
    Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "images"
    place.mkdir()
    for number in range(3):
        write(place / f"{number}.bmp", number)
    return place


def later() -> None:
    """Some ticks of the disk's clock."""
    time.sleep(0.02)


def overwrite(path: Path) -> None:
    write(path, 200)


def overwrite_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    write(path, 200)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def exchange_for_an_older_one(path: Path) -> None:
    other = write(path.parents[1] / "other.bmp", 200)
    os.utime(other, ns=(0, 0))
    other.replace(path)


@pytest.mark.parametrize("change", [overwrite, overwrite_and_set_the_time_back, exchange_for_an_older_one])
def test_a_file_that_is_replaced_by_one_of_the_same_size_is_noticed(
    folder: Path, change: Callable[[Path], None]
) -> None:
    source = open_source(folder)
    moment = Moment.of(source, source.fingerprint())
    moment.expect_unchanged()
    later()
    change(folder / "1.bmp")
    assert source.fingerprint() == moment.fingerprint
    with pytest.raises(ImageError, match=r"the images were changed while they were looked at \(.*, such as 1\.bmp\)"):
        moment.expect_unchanged()


def test_files_that_are_linked_read_or_shared_are_the_same(folder: Path, tmp_path: Path) -> None:
    source = open_source(folder)
    moment = Moment.of(source, source.fingerprint())
    later()
    os.link(folder / "0.bmp", tmp_path / "backup.bmp")
    (folder / "1.bmp").chmod(0o600)
    (folder / "2.bmp").read_bytes()
    moment.expect_unchanged()


def npy(folder: Path) -> Source:
    np.save(folder.parent / "all.npy", np.zeros((3, 8, 8, 3), np.uint8))
    return open_source(f"npy:{folder.parent / 'all.npy'}")


KINDS: dict[str, Callable[[Path], Source]] = {
    "part": lambda folder: limit(open_source(folder), 2),
    "kept": lambda folder: cached(open_source(folder), folder.parent / "cache"),
    "anonymous": lambda folder: anonymous(open_source(folder)),
    "npy": npy,
    "pages": lambda folder: open_source(f"pages:{folder}"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_collections_that_are_made_of_files_notice_it_too(folder: Path, kind: str) -> None:
    source = KINDS[kind](folder)
    moment = Moment.of(source, source.fingerprint())
    later()
    for path in (folder / "0.bmp", folder.parent / "all.npy"):
        if path.exists():
            os.utime(path)
    with pytest.raises(ImageError, match="were changed while they were looked at") as said:
        moment.expect_unchanged()
    assert ("0.bmp" in str(said.value)) == (kind in ("part", "kept", "pages"))
