"""`convscope atlas export`; tests/web opens what it writes in a browser."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from tests.cli.conftest import write_images


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small atlas."""
    root = tmp_path_factory.mktemp("made")
    images = write_images(root / "images", 7)
    cs.build_atlas(cs.load("zoo:tiny"), str(images), root / "atlas", layers=["relu1", "fc"], k=2)
    return root / "atlas"


@pytest.fixture
def atlas(made: Path, tmp_path: Path) -> Path:
    """A copy of the small atlas."""
    return shutil.copytree(made, tmp_path / "atlas")


def test_the_size_is_told_before_anything_is_written(convscope: Callable, atlas: Path) -> None:
    done = convscope("atlas", "export", atlas, "--zip", "--dry-run", "--json")
    assert done.code == 0, done.err
    assert done.document["written"] == 0
    assert not Path(done.document["out"]).exists()
    assert done.document["bytes"] > 10_000
    written = convscope("atlas", "export", atlas, "--zip", "--json")
    assert zipfile.is_zipfile(written.document["out"])
    assert Path(written.document["out"]) == atlas.with_name("atlas.zip")
    there = convscope("atlas", "export", atlas, "--zip")
    assert (there.code, "is there already: name another with --out" in there.err) == (5, True)


def test_a_folder_of_one_layer_goes_on_where_it_was_and_is_an_atlas(
    convscope: Callable, atlas: Path, tmp_path: Path
) -> None:
    done = convscope("atlas", "export", atlas, "--layers", "fc", "-o", tmp_path / "part")
    assert done.code == 0, done.err
    assert (tmp_path / "part" / "index.html").is_file()
    assert convscope("atlas", "export", atlas, "-o", tmp_path / "part").code == 5  # another plan


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--zip", "--single-file"), "--zip and --single-file: choose one"),
        (("--layers", "fc", "--units", "fc:1"), "both --layers and --units are given"),
        (("--layers", "conv9"), "conv9"),
        (("--single-file", "--layers", "relu1,fc"), None),
    ],
)
def test_what_makes_no_sense_is_named(
    convscope: Callable, atlas: Path, arguments: tuple[str, ...], said: str | None
) -> None:
    done = convscope("atlas", "export", atlas, *arguments)
    if said is None:  # few enough units for one file
        assert done.code == 0, done.err
    else:
        assert (done.code, said in done.err) == (2, True)
