"""What `open_source` makes of each way to name images, and parts of collections."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from convscope.data import Source, limit, load_image, open_source, subset
from convscope.errors import SourceError, UsageError
from tests.data.making import colour_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        colour_file(tmp_path / "photos" / f"{name}.png", 1)
    return tmp_path / "photos"


def names(source: Source) -> list[str]:
    return [source.name(index) for index in range(len(source))]


def test_ways_to_name_a_folder(folder: Path) -> None:
    for spec in (folder, str(folder), f"folder:{folder}", f"{folder}/"):
        source = open_source(spec)
        assert isinstance(source, Source)
        assert (source.kind, names(source)) == ("folder", ["a.png", "b.png", "c.png"])


def test_ways_to_name_files(folder: Path) -> None:
    assert names(open_source(folder / "b.png")) == ["b.png"]
    assert names(open_source([str(folder / "c.png"), folder / "a.png"])) == ["c.png", "a.png"]


@pytest.mark.parametrize("ending", ["txt", "csv", "tsv", "lst"])
def test_ways_to_name_a_list(folder: Path, ending: str) -> None:
    path = folder / f"list.{ending}"
    path.write_text("b.png\n")
    assert open_source(path).kind == open_source(f"list:{path}").kind == "list"
    odd = path.rename(folder / "list.of.images")
    assert names(open_source(f"list:{odd}")) == ["b.png"]
    with pytest.raises(SourceError, match=r"does not show in its name: say it, as in list:"):
        open_source(odd)


def test_a_source_is_itself(folder: Path) -> None:
    source = open_source(folder)
    assert open_source(source) is source


def test_path_with_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colour_file(tmp_path / "hf:photos" / "a.png", 1)
    monkeypatch.chdir(tmp_path)
    assert open_source("hf:photos").kind == "folder"


def test_mistyped_path_is_no_hub_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        SourceError, match=r"no such file or folder: '.*phtos'; did you mean 'photos'.*asked for as hf:"
    ):
        open_source(str(folder.parent / "phtos"))
    with pytest.raises(SourceError, match=r"there is no folder '.*nowhere' either"):
        open_source(str(folder.parent / "nowhere" / "photos"))
    monkeypatch.chdir(folder.parent)
    with pytest.raises(SourceError, match=r"no such file or folder: 'user/dataset'"):
        open_source("user/dataset")
    (folder.parent / "linked.csv").symlink_to("moved.csv")
    with pytest.raises(SourceError, match=r"'linked\.csv' is a link to 'moved\.csv', where there is nothing: make"):
        open_source("linked.csv")


@pytest.mark.parametrize("scheme", ["folder", "list", "npz", "parquet"])
def test_missing_path_under_a_scheme(folder: Path, scheme: str) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        open_source(f"{scheme}:{folder}/nothing.here")


def test_unknown_scheme() -> None:
    with pytest.raises(SourceError, match=r"unknown kind of image source 'parket' .*did you mean 'parquet'"):
        open_source("parket:x")
    with pytest.raises(
        SourceError, match=r"'https' .*\(kinds: folder, list, tar, npz, npy, tiles, pages, parquet, hf, samples\)"
    ):
        open_source("https://example.org/photos")


def test_file_as_a_folder(folder: Path) -> None:
    with pytest.raises(SourceError, match="is a file, not a folder"):
        open_source(f"folder:{folder}/a.png")


@pytest.mark.parametrize("spec", ["", "folder:", "tar:", "hf:", None, 7, {}, b"photos", iter(())])
def test_what_names_nothing(spec: object) -> None:
    with pytest.raises((SourceError, UsageError), match=r"no images|names no images"):
        open_source(spec)


def test_one_picture_is_one_image_however_it_is_held() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    planes = torch.from_numpy(pixels).permute(2, 0, 1)
    for one in (pixels, Image.fromarray(pixels), planes):
        source = open_source(one)
        assert (len(source), source.describe()) == (1, "1 image")
        assert np.array_equal(load_image(source, 0), pixels)
    assert len(open_source(pixels[:, :, 0])) == len(open_source(planes.numpy())) == 1
    assert len(open_source(np.zeros((5, 20, 30), np.uint8))) == 5
    assert open_source(pixels[None].repeat(2, 0)).describe() == "2 images of an array"


# Parts


def test_limit_spreads_over_the_collection(folder: Path) -> None:
    assert names(open_source(folder, limit=2)) == ["a.png", "b.png"]
    assert names(open_source(folder, limit=3)) == names(open_source(folder, limit=99)) == ["a.png", "b.png", "c.png"]
    many = open_source([np.full((1, 1), value, np.uint8) for value in range(10)])
    assert names(limit(many, 5)) == [f"image {number}" for number in (0, 2, 4, 6, 8)]
    with pytest.raises(UsageError, match="at least one image"):
        open_source(folder, limit=0)


def test_subset(folder: Path) -> None:
    colour_file(folder / "dog" / "z.png", 9)
    whole = open_source(folder)
    part = subset(whole, [3, 0])
    assert isinstance(part, Source)
    assert names(part) == ["dog/z.png", "a.png"]
    assert [part.label(0), part.label(1)] == [0, -1]
    assert (part.classes, part.kind) == (("dog",), "folder")
    assert part.read(0) == whole.read(3)
    assert part.describe() == f"2 of {whole.describe()}"
    assert part.fingerprint() == subset(whole, np.array([3, 0])).fingerprint()
    assert len({whole.fingerprint(), part.fingerprint(), subset(whole, [0, 3]).fingerprint()}) == 3


@pytest.mark.parametrize("index", [-1, 3])
def test_subset_of_what_is_not_there(folder: Path, index: int) -> None:
    with pytest.raises(UsageError, match=f"there is no image {index}: 3 images in"):
        subset(open_source(folder), [0, index])
