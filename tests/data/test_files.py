"""Folders, lists and single files: what is found, in which order, with which labels."""

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from convscope.data import MAX_BYTES, MAX_PIXELS, Preprocess, allowance_of, batches, decode, load_image, open_source
from convscope.data import limit as limit_source
from convscope.data.sources import open_files, open_folder, open_list
from convscope.data.sources.base import class_labels, hash_items, natural_key
from convscope.errors import ImageError, SourceError, UsageError
from tests.data.making import colour_file


def names(source) -> list[str]:
    return [source.name(index) for index in range(len(source))]


def labels(source) -> list[int]:
    return [source.label(index) for index in range(len(source))]


# Folders


def test_sub_folders_are_classes(tmp_path: Path) -> None:
    for name in ("cat/2.png", "cat/10.png", "cat/kittens/1.png", "dog/x.PNG", "dog/note.txt", "empty/.keep"):
        colour_file(tmp_path / name, 7)
    source = open_folder(tmp_path)
    assert source.kind == "folder"
    # Numbers sort by value within a class; an empty folder keeps its place among the classes.
    assert names(source) == ["cat/2.png", "cat/10.png", "cat/kittens/1.png", "dog/x.PNG"]
    assert labels(source) == [0, 0, 0, 1]
    assert source.classes == ("cat", "dog", "empty")
    assert source.ignored == 1
    assert source.describe() == f"4 images in {tmp_path}, 3 classes (folders), 1 other file ignored"
    assert (decode(source.read(3)) == 7).all()


def test_class_order_is_that_of_torchvision(tmp_path: Path, torchvision) -> None:
    from torchvision.datasets import ImageFolder

    for name in ("10", "9", "b", "A"):
        colour_file(tmp_path / name / "x.png", 1)
    reference = ImageFolder(str(tmp_path))
    source = open_folder(tmp_path)
    assert source.classes == tuple(reference.classes) == ("10", "9", "A", "b")
    assert labels(source) == reference.targets


def test_flat_folder_has_no_labels(tmp_path: Path) -> None:
    for name in ("b.png", "a10.png", "a9.png", ".hidden.png"):
        colour_file(tmp_path / name, 1)
    source = open_folder(tmp_path)
    assert names(source) == ["a9.png", "a10.png", "b.png"]
    assert labels(source) == [-1, -1, -1]
    assert source.classes == ()
    assert source.describe() == f"3 images in {tmp_path}"


def test_images_beside_class_folders_have_no_class(tmp_path: Path) -> None:
    colour_file(tmp_path / "loose.png", 1)
    colour_file(tmp_path / "cat" / "a.png", 1)
    source = open_folder(tmp_path)
    assert (names(source), labels(source)) == (["loose.png", "cat/a.png"], [-1, 0])


def test_links_are_followed_once(tmp_path: Path) -> None:
    outside = colour_file(tmp_path / "outside" / "a.png", 9)
    root = tmp_path / "root"
    colour_file(root / "cat" / "b.png", 5)
    (root / "cat" / "link.png").symlink_to(outside)
    (root / "dog").symlink_to(outside.parent)
    (root / "cat" / "loop").symlink_to(root / "cat")
    (root / "cat" / "root").symlink_to(root)
    source = open_folder(root)
    assert names(source) == ["cat/b.png", "cat/link.png", "dog/a.png"]
    assert (decode(source.read(2)) == 9).all()


def test_broken_link_is_an_unreadable_image(tmp_path: Path) -> None:
    colour_file(tmp_path / "a.png", 1)
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    source = open_folder(tmp_path)
    assert names(source) == ["a.png", "b.png"]
    assert len(source.fingerprint()) == 64
    with pytest.raises(ImageError, match="cannot be read: No such file"):
        source.read(1)


@pytest.mark.parametrize("place", ["images", "."])
def test_labels_table_beside_or_in_the_folder(tmp_path: Path, place: str) -> None:
    for name in ("n1.png", "n2.png", "other.png"):
        colour_file(tmp_path / "images" / name, 1)
    table = (tmp_path / "images" / "labels.csv") if place == "images" else (tmp_path / "labels.csv")
    table.write_text('class_index,wnid,name,file\n2,n1,great tit,n1.png\n0,n2,"shark, white",n2.png\n5,n9,x,n9.png\n')
    source = open_folder(tmp_path / "images")
    assert labels(source) == [2, 0, -1]
    assert source.classes == ("shark, white", "1", "great tit", "3", "4", "x")
    assert "classes (labels.csv)" in source.describe()


@pytest.mark.parametrize("text", ["file,class_index\nelsewhere.png,3\n", "image,species\na.png,cat\n", ""])
def test_labels_table_about_other_things_is_not_used(tmp_path: Path, text: str) -> None:
    colour_file(tmp_path / "a.png", 1)
    (tmp_path / "labels.csv").write_text(text)
    assert labels(open_folder(tmp_path)) == [-1]


def test_labels_table_that_cannot_be_read(tmp_path: Path) -> None:
    colour_file(tmp_path / "a.png", 1)
    (tmp_path / "labels.csv").write_text("file,class_index\na.png,three\n")
    with pytest.raises(SourceError, match=r"labels.csv cannot be read as a table of labels: .*three"):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (None, "the folder is empty"),
        ("notes.txt", r"none of its 1 files ends in .*\.jpg"),
        ("a.parquet", r"1 \.parquet file\(s\): open parquet:"),
        ("a.tar", r"open tar:.*\*\.tar"),
        ("a.npz", r"open npz:.*a\.npz"),
    ],
)
def test_folder_without_images(tmp_path: Path, file: str | None, message: str) -> None:
    if file:
        (tmp_path / file).write_bytes(b"")
    with pytest.raises(SourceError, match=message):
        open_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_forbidden_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with pytest.raises(SourceError, match="Permission denied"):
        open_folder(tmp_path)
    tmp_path.chmod(0o700)


def test_fingerprint_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    colour_file(tmp_path / "one" / "cat" / "a.png", 1)
    colour_file(tmp_path / "one" / "dog" / "b.png", 2)
    original = open_folder(tmp_path / "one").fingerprint()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert open_folder(tmp_path / "two").fingerprint() == original
    os.utime(tmp_path / "one" / "cat" / "a.png", (1, 1))
    assert open_folder(tmp_path / "one").fingerprint() == original

    (tmp_path / "two" / "cat" / "a.png").write_bytes(b"other size")
    assert open_folder(tmp_path / "two").fingerprint() != original
    (tmp_path / "one" / "cat").rename(tmp_path / "one" / "lynx")
    assert open_folder(tmp_path / "one").fingerprint() != original


def test_source_travels_to_other_processes(tmp_path: Path) -> None:
    colour_file(tmp_path / "cat" / "a.png", 1)
    source = open_folder(tmp_path)
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert (names(copy), copy.classes, copy.fingerprint()) == (names(source), source.classes, source.fingerprint())


# Lists


def test_list_with_class_names(tmp_path: Path) -> None:
    for name in ("images/a b.png", "images/c.jpg", "d.png"):
        colour_file(tmp_path / name, 3)
    (tmp_path / "list.txt").write_text("# photos\nimages/a b.png tabby cat\n\nimages/c.jpg\tDog\nd.png,\n")
    source = open_list(tmp_path / "list.txt")
    assert source.kind == "list"
    assert names(source) == ["images/a b.png", "images/c.jpg", "d.png"]
    assert source.classes == ("Dog", "tabby cat")
    assert labels(source) == [1, 0, -1]
    assert (decode(source.read(0)) == 3).all()


@pytest.mark.parametrize("separator", [" ", ",", "\t", "   ", ", "])
def test_list_with_numbers(tmp_path: Path, separator: str) -> None:
    colour_file(tmp_path / "a.png", 3)
    colour_file(tmp_path / "b.png", 3)
    (tmp_path / "list.txt").write_text(f"b.png{separator}2\na.png{separator}0\n")
    source = open_list(tmp_path / "list.txt")
    assert (names(source), labels(source), source.classes) == (["b.png", "a.png"], [2, 0], ("0", "1", "2"))


@pytest.mark.parametrize("header", ["path,label", "file\tclass", "filename", "image,target"])
def test_column_names_are_no_image(tmp_path: Path, header: str) -> None:
    colour_file(tmp_path / "a.png", 3)
    (tmp_path / "list.csv").write_text(f"\ufeff{header}\na.png\n", encoding="utf-8")
    assert names(open_list(tmp_path / "list.csv")) == ["a.png"]


def test_list_names_are_free_of_absolute_paths(tmp_path: Path) -> None:
    colour_file(tmp_path / "x" / "a.png", 3)
    colour_file(tmp_path / "x" / "y" / "b.png", 3)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "l.txt").write_text(f"{tmp_path}/x/a.png\n../x/y/b.png\n")
    source = open_list(tmp_path / "lists" / "l.txt")
    assert names(source) == ["a.png", "y/b.png"]
    assert (decode(source.read(1)) == 3).all()


def test_list_of_nothing_that_exists(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.png\nb.png\n")
    with pytest.raises(SourceError, match=r"none of the 2 files listed .* such as 'a.png': paths are relative to"):
        open_list(tmp_path / "list.txt")


@pytest.mark.parametrize("content", [b"", b"# nothing\n\n", b"path,label\n"])
def test_empty_list(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(SourceError, match="names no image"):
        open_list(tmp_path / "list.txt")


def test_list_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00\xff")
    with pytest.raises(SourceError, match="cannot be read as text"):
        open_list(tmp_path / "list.txt")


def test_missing_file_of_a_list_is_recorded_when_read(tmp_path: Path) -> None:
    colour_file(tmp_path / "a.png", 3)
    (tmp_path / "list.txt").write_text("a.png\ngone.png\n")
    source = open_list(tmp_path / "list.txt")
    with pytest.raises(ImageError, match="No such file"):
        source.read(1)


# Single files and the shared parts


def test_files_keep_their_order(tmp_path: Path) -> None:
    paths = [colour_file(tmp_path / name, 1) for name in ("b/z.png", "a/y.png")]
    source = open_files(paths)
    assert names(source) == ["b/z.png", "a/y.png"]
    assert labels(source) == [-1, -1]


def test_natural_order_is_total() -> None:
    ordered = ["", "01", "1", "a", "a1", "a01b", "a1b", "a9b10", "a10b2"]
    shuffled = [ordered[place] for place in (4, 8, 0, 6, 2, 7, 1, 5, 3)]
    assert sorted(shuffled, key=natural_key) == ordered


def test_absurd_label_is_refused() -> None:
    with pytest.raises(SourceError, match="label 999999999 is no class index"):
        class_labels(["999999999"], what="list.txt")


def test_numbers_and_words_are_all_names() -> None:
    assert class_labels(["7", "cat", "-1"], what="x")[1] == ("7", "-1", "cat")
    assert class_labels([-1, 1], what="x")[0].tolist() == [-1, 1]


def test_hash_cannot_be_confused_by_names() -> None:
    one = hash_items("k", (), [("a\0-1\x003\nb", -1, 3)])
    two = hash_items("k", (), [("a", -1, 3), ("b", -1, 3)])
    assert one != two
    assert hash_items("k", ("a", "b"), []) != hash_items("k", ("a\0b",), [])


@pytest.mark.data
def test_imagenet_samples(data_dir: Path) -> None:
    source = open_source(data_dir / "imagenet_samples" / "images")
    assert len(source) == len(source.classes) == 1000
    assert labels(source) == list(range(1000))
    assert source.classes[3] == "tiger shark"
    assert source.name(3) == "n01491361.jpg"
    assert np.ndim(decode(source.read(3))) == 3


# What is not read


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder with an image, a pipe that nobody writes to, a link to an endless device, and a file of many bytes."""
    folder = tmp_path / "odd"
    colour_file(folder / "a.png", 7)
    os.mkfifo(folder / "b.png")
    (folder / "c.png").symlink_to("/dev/zero")
    with (folder / "d.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # of holes: no disk is used
    (folder / "e.png").symlink_to(folder / "a.png")
    (folder / "f.png").symlink_to("/proc/kmsg")
    return folder


needs_posix = pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no such files")


@needs_posix
@pytest.mark.parametrize("how", ["folder", "list", "files"])
def test_only_regular_files_of_bounded_size_are_read(odd: Path, how: str) -> None:
    (odd / "list.txt").write_text("\n".join(f"{name}.png" for name in "abcdef"))
    spec = {"folder": odd, "list": odd / "list.txt", "files": [odd / f"{name}.png" for name in "abcdef"]}[how]
    (batch,) = batches(open_source(spec), Preprocess(8, 8))
    assert batch.indices.tolist() == [0, 4]
    reasons = {failure.name: failure.reason for failure in batch.failures}
    assert sorted(reasons) == ["b.png", "c.png", "d.png", "f.png"]
    assert (
        reasons["b.png"]
        == reasons["c.png"]
        == ("the file is not read: it is no regular file but a device, a pipe or a socket")
    )
    assert reasons["d.png"].startswith(f"the file is not read: it has {MAX_BYTES + 1} bytes, more than the limit")


@needs_posix
@pytest.mark.parametrize("kind", ["", "list:", "npz:", "tar:", "parquet:", "folder:"])
@pytest.mark.parametrize("place", ["/dev/zero", "{pipe}"])
def test_collections_that_are_devices_are_refused(odd: Path, kind: str, place: str) -> None:
    os.mkfifo(odd / "pipe")
    with pytest.raises(SourceError):
        open_source(kind + place.format(pipe=odd / "pipe"))


def test_the_bounds_are_options_of_open_source(tmp_path: Path) -> None:
    small, large = colour_file(tmp_path / "a.png", 1, side=8), colour_file(tmp_path / "b.png", 2, side=40)
    source = open_source(tmp_path, max_pixels=100)
    assert load_image(source, 0).shape == (8, 8, 3)
    with pytest.raises(ImageError, match=r"40x40 pixels are more than the limit of 100 \(max_pixels=,"):
        load_image(source, 1)
    assert load_image(source, 1, max_pixels=1600).shape == (40, 40, 3)
    assert load_image(open_source(tmp_path), 1).shape == (40, 40, 3)
    least = small.stat().st_size
    assert least < large.stat().st_size
    with pytest.raises(ImageError, match=rf"more than the limit of {least} \(max_bytes=,"):
        open_source(tmp_path, max_bytes=least).read(1)
    assert open_source(tmp_path, max_bytes=least).read(0) == small.read_bytes()


def test_bounds_travel_with_parts_and_processes_and_mark_the_fingerprint(tmp_path: Path) -> None:
    for level in range(3):
        colour_file(tmp_path / f"{level}.png", level)
    usual = open_source(tmp_path)
    bounded = open_source(tmp_path, max_pixels=10)
    again = pickle.loads(pickle.dumps(bounded))  # noqa: S301 (our own)
    part = open_source(limit_source(usual, 2), max_pixels=10)
    for source in (bounded, part, again, open_source(bounded)):
        assert allowance_of(source).pixels == 10
        with pytest.raises(ImageError, match="limit of 10"):
            load_image(source, 0)
    assert bounded.fingerprint() != usual.fingerprint()
    assert open_source(tmp_path, max_pixels=MAX_PIXELS).fingerprint() == usual.fingerprint()
    # The bytes that fingerprints have always covered, and nothing more.
    items = [(f"{level}.png", -1, (tmp_path / f"{level}.png").stat().st_size) for level in range(3)]
    assert usual.fingerprint() == hash_items("folder", (), items)


@pytest.mark.parametrize("bounds", [{"max_pixels": 0}, {"max_bytes": 0}, {"max_pixels": -5}])
def test_bounds_that_admit_nothing_are_refused(tmp_path: Path, bounds: dict[str, int]) -> None:
    colour_file(tmp_path / "a.png", 1)
    with pytest.raises(UsageError, match="at least one pixel and one byte"):
        open_source(tmp_path, **bounds)


def test_a_source_of_somebody_else_says_that_bounds_mean_nothing_to_it(tmp_path: Path) -> None:
    class Own:
        kind, classes = "own", ()
        __len__ = lambda self: 1  # noqa: E731
        name = label = read = fingerprint = describe = lambda self, *_: ""

    assert open_source(Own()).kind == "own"
    with pytest.raises(UsageError, match="mean nothing to a Own"):
        open_source(Own(), max_pixels=3)


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".npz", "zero\0byte", "folder:" + "y" * 300, "list:a\0b"])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(SourceError):
        open_source(name)
