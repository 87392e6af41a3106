"""Folders, lists and single files: what is found, in which order, with which labels."""

import os
import pickle
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.data import MAX_BYTES, MAX_PIXELS, Preprocess, allowance_of, batches, decode, load_image, open_source
from convscope.data import limit as limit_source
from convscope.data.sources import open_files, open_folder, open_list
from convscope.data.sources.base import class_labels, hash_items, natural_key, whole_labels
from convscope.data.sources.listing import read_list
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


def test_links_in_a_circle_are_unreadable_images(tmp_path: Path) -> None:
    colour_file(tmp_path / "cat" / "a.png", 1)
    for link in (tmp_path / "loop.png", tmp_path / "cat" / "loop.png"):
        link.symlink_to(link)
    source = open_folder(tmp_path)
    assert names(source) == ["loop.png", "cat/a.png", "cat/loop.png"]
    with pytest.raises(ImageError, match="cannot be read"):
        source.read(0)


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
    (tmp_path / "labels.csv").write_bytes(b"file,class_index\na.png,\xff\n")
    with pytest.raises(SourceError, match=r"labels.csv cannot be read as text"):
        open_folder(tmp_path)
    (tmp_path / "labels.csv").write_text("Filename,Class\na.png,three\n")
    assert open_folder(tmp_path).classes == ("three",)


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
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(SourceError, match="cannot be read as text"):
        open_list(tmp_path / "list.txt")
    (tmp_path / "table.csv").write_bytes("path,label\na.png,Käse\n".encode("cp1252"))
    with pytest.raises(
        SourceError, match=r"not in UTF-8 \(byte 18\); save it so \(a spreadsheet calls that 'CSV UTF-8'\)"
    ):
        open_list(tmp_path / "table.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_tables_of_spreadsheets_are_read_in_their_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "table.csv").write_bytes("image;class\n0.png;Käse\n".encode(encoding))
    (row,) = read_list(tmp_path / "table.csv")
    assert (row.path, row.label) == ("0.png", "Käse")


def test_decimal_commas_between_semicolons_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("image;class\n0.png;3,0\n1.png;\n2.png;10,0\n")
    assert [row.label for row in read_list(tmp_path / "table.csv")] == ["3.0", "", "10.0"]
    (tmp_path / "table.csv").write_text("image;class\n0.png;3,0\n1.png;oak\n")
    assert [row.label for row in read_list(tmp_path / "table.csv")] == ["3,0", "oak"]


def test_missing_file_of_a_list_is_recorded_when_read(tmp_path: Path) -> None:
    colour_file(tmp_path / "a.png", 3)
    (tmp_path / "list.txt").write_text("a.png\ngone.png\n")
    source = open_list(tmp_path / "list.txt")
    with pytest.raises(ImageError, match="No such file"):
        source.read(1)


# Tables as people have them


def table(
    tmp_path: Path, text: str, name: str = "list.csv", images: Sequence[str] = ("0.png", "1.png", "2.png")
) -> Path:
    for number, image in enumerate(images):
        colour_file(tmp_path / image, number)
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


TABLES: dict[str, tuple[str, list[int], tuple[str, ...]]] = {
    # what pandas and the csv module write, with what must come of it
    "plain": ("path,label\n0.png,cat\n1.png,dog\n2.png,cat\n", [0, 1, 0], ("cat", "dog")),
    "quoted": ('"path","label"\r\n"0.png","cat"\r\n"1.png","dog"\r\n"2.png","cat"\r\n', [0, 1, 0], ("cat", "dog")),
    "a third column": ("path,label,split\n0.png,cat,val\n1.png,dog,val\n2.png,cat,val\n", [0, 1, 0], ("cat", "dog")),
    "another order": ("split,label,image\nval,cat,0.png\nval,dog,1.png\nval,cat,2.png\n", [0, 1, 0], ("cat", "dog")),
    "an index without a name": (",image,label\n0,0.png,cat\n1,1.png,dog\n2,2.png,cat\n", [0, 1, 0], ("cat", "dog")),
    "a comma in a name": ('image,label\n0.png,"cat, tabby"\n1.png,dog\n2.png,\n', [0, 1, -1], ("cat, tabby", "dog")),
    "a quote in a name": ('image,label\n0.png,"the ""cat"""\n1.png,dog\n2.png,dog\n', [1, 0, 0], ("dog", 'the "cat"')),
    "semicolons": ("image;label;note\n0.png;1;a, b\n1.png;0;c\n2.png;1;d\n", [1, 0, 1], ("0", "1")),
    "tabs": ("image\tlabel\n0.png\t1\n1.png\t0\n2.png\t1\n", [1, 0, 1], ("0", "1")),
    "no names": ("0.png,cat,val\n1.png,dog,val\n2.png,cat,val\n", [0, 1, 0], ("cat", "dog")),
    "no labels": ("image,width\n0.png,8\n1.png,8\n2.png,8\n", [-1, -1, -1], ()),
    "whole numbers as floats": (
        "image,label\n0.png,3.0\n1.png,10.0\n2.png,4.0\n",
        [3, 10, 4],
        tuple(map(str, range(11))),
    ),
    "one missing": ("image,label\n0.png,1.0\n1.png,\n2.png,0.0\n", [1, -1, 0], ("0", "1")),
    "NaN": ("image,label\n0.png,1.0\n1.png,nan\n2.png,NaN\n", [1, -1, -1], ("0", "1")),
    "a class beside NaN": ("image,label\n0.png,cat\n1.png,nan\n2.png,dog\n", [0, -1, 1], ("cat", "dog")),
    "booleans": ("image,label\n0.png,True\n1.png,False\n2.png,True\n", [1, 0, 1], ("False", "True")),
    "true alone": ("image,label\n0.png,true\n1.png,\n2.png,true\n", [1, -1, 1], ("False", "True")),
    "numbers with names": (
        "file,class_index,name\n0.png,2,dog\n1.png,0,cat\n2.png,2,dog\n",
        [2, 0, 2],
        ("cat", "1", "dog"),
    ),
    "a comment": ("# made by hand\npath,label\n0.png,1\n1.png,0\n2.png,1\n", [1, 0, 1], ("0", "1")),
    "of Windows": ("path,label\n.\\0.png,cat\n.\\1.png,dog\n.\\2.png,cat\n", [0, 1, 0], ("cat", "dog")),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_are_read_as_their_writers_mean_them(tmp_path: Path, kind: str) -> None:
    text, expected, classes = TABLES[kind]
    source = open_source(table(tmp_path, text))
    assert names(source) == ["0.png", "1.png", "2.png"]
    assert (labels(source), source.classes) == (expected, classes)
    assert [int(decode(source.read(index))[0, 0, 0]) for index in range(3)] == [0, 1, 2]


IMAGES = ("image", "image_path", "file", "filename", "path", "Image Path", "FILENAME", "imagePath", "img", "File-Path")
LABELS = ("label", "class", "target", "Label", "CLASS", "Target", "class_id", "ClassID", "category")


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("image", IMAGES)
def test_columns_are_found_by_the_names_that_people_give(tmp_path: Path, image: str, label: str) -> None:
    source = open_source(table(tmp_path, f"id,{image},{label},age\n7,0.png,b,1\n8,1.png,a,2\n9,2.png,b,3\n"))
    assert (names(source), labels(source)) == (["0.png", "1.png", "2.png"], [1, 0, 1])


def test_a_table_without_a_column_of_paths_names_its_columns(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column of paths among id, diagnosis, age: a column of paths is called"):
        open_source(table(tmp_path, "id,diagnosis,age\n7,1,2\n"))


def test_columns_with_names_in_another_language_are_no_image(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column of paths among bild, klasse: a column of paths is called"):
        open_source(table(tmp_path, "bild,klasse\n0.png,1\n1.png,0\n"))


def test_a_table_without_labels_says_what_its_columns_are_called(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text(',file,who,digit\n0,a.png,"Smith, Bob",3.0\n')
    said = open_source(tmp_path / "t.csv").describe()
    assert said.endswith("no labels, as no column is called label, class or target (but who, digit)")
    (tmp_path / "t.csv").write_text("file,label\na.png,0.5\n")
    said = open_source(tmp_path / "t.csv").describe()
    assert said.endswith("no classes, as its labels, such as '0.5', are measurements or none")
    (tmp_path / "t.csv").write_text("file\na.png\n")
    assert open_source(tmp_path / "t.csv").describe() == f"1 image in {tmp_path}"


def test_a_text_file_that_is_a_table_is_one(tmp_path: Path) -> None:
    source = open_source(table(tmp_path, 'image,label\n"0.png","a, b"\n1.png,c\n2.png,c\n', "list.txt"))
    assert (names(source), source.classes) == (["0.png", "1.png", "2.png"], ("a, b", "c"))


def test_paths_of_a_list_may_begin_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    for name in ("photos/0.png", "photos/in/1.png"):
        colour_file(tmp_path / name, 1)
    path = table(tmp_path / "tables", "image,label\n0.png,a\nin/1.png,b\n", images=())
    source = open_source(path, root=tmp_path / "photos")
    assert names(source) == ["0.png", "in/1.png"]
    assert names(open_source(f"list:{path}", root=str(tmp_path / "photos"))) == names(source)
    with pytest.raises(
        SourceError, match=r"none of the 2 files .* relative to .*tables; open the list with root= for another folder"
    ):
        open_source(path)
    with pytest.raises(SourceError, match=r"root='.*none' is no folder"):
        open_source(path, root=tmp_path / "none")
    with pytest.raises(UsageError, match=r"is where the paths of a list begin, and .*photos' is no list"):
        open_source(tmp_path / "photos", root=tmp_path)


@pytest.mark.parametrize(
    ("values", "expected", "classes"),
    [
        ([3.0, 10.0, None], [3, 10, -1], 11),
        ([np.float32(2), float("nan"), 0], [2, -1, 0], 3),
        ([True, False, None], [1, 0, -1], 2),
        ([np.bool_(True)], [1], 2),
        (["1e1", "+2", "3."], [10, 2, 3], 11),
        ([0.5, 1.0, 2.0], [-1, -1, -1], 0),  # measurements, no classes
        (["v1.5", "v2.0"], [0, 1], 2),
        ([None, "", " ", "NaN", "<NA>"], [-1] * 5, 0),
        (["-1.0", 1], [-1, 1], 2),
        (["1", "NA", "0.0", "null", "N/A"], [1, -1, 0, -1, -1], 2),
        (["TRUE", "NA", "FALSE"], [1, -1, 0], 2),
        (["oak", "NA", "none"], [2, 0, 1], 3),  # names among names
        ([True, "0", "false", 1.0, None], [1, 0, 0, 1, -1], 2),
        ([True, "unknown", "false", "TRUE", "False"], [1, 2, 0, 1, 0], 3),  # three answers, in two spellings
        ([float("inf"), 1.0, 0.0, "-Infinity"], [-1, 1, 0, -1], 2),
        (["TRUE", float("inf")], [1, -1], 2),
        (["inf", "oak"], [0, 1], 2),
    ],
)
def test_labels_are_what_they_mean_whatever_their_type(values: list[Any], expected: list[int], classes: int) -> None:
    found, named = class_labels(values, what="x")
    assert (found.tolist(), len(named)) == (expected, classes)


@pytest.mark.parametrize("value", ["1" * 400, "1e400", 1e300, float("inf")])
def test_numbers_that_are_no_classes_are_refused_or_names(value: object) -> None:
    with suppress(SourceError):
        assert class_labels([value], what="x")[0].tolist() in ([0], [-1])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.0, np.nan, 2.0]), [1, -1, 2]),
        (np.array([True, False]), [1, 0]),
        (np.array([3], np.uint8), [3]),
        (np.array([0.5]), None),
        (np.array([np.inf, 2.0]), [-1, 2]),
        (np.array(["a"]), None),
        (np.array([1 + 0j]), None),
        (np.array([2.0], np.float16), [2]),
    ],
)
def test_arrays_of_whole_numbers_are_labels(values: Any, expected: list[int] | None) -> None:
    found = whole_labels(values)
    assert (None if found is None else found.tolist()) == expected


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
    with pytest.raises(SourceError, match="x: labels are true and false, and one is 2: write numbers alone"):
        class_labels([True, "false", 2], what="x")
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
    with pytest.raises(ImageError, match=r"40x40 pixels are more than the limit of 100: max_pixels="):
        load_image(source, 1)
    assert load_image(source, 1, max_pixels=1600).shape == (40, 40, 3)
    assert load_image(open_source(tmp_path), 1).shape == (40, 40, 3)
    least = small.stat().st_size
    assert least < large.stat().st_size
    with pytest.raises(ImageError, match=rf"more than the limit of {least}: max_bytes="):
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


@pytest.mark.timeout(20)
def test_lines_that_a_pattern_would_try_for_ever(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "list.txt").write_text(f"a.png 1\na{' ' * 20_000}b,\nb  ,  7\n")
    found = open_list(tmp_path / "list.txt")
    assert [found.label(index) for index in range(3)] == [1, -1, 7]
    assert found.name(2) == "b"


def test_classes_of_many_digits_are_names(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    digits = "1" * 5000
    (tmp_path / "list.txt").write_text(f"a.png\tcat{digits}\na.png\tcat2\na.png\tcat10\n")
    assert open_list(tmp_path / "list.txt").classes == ("cat2", "cat10", f"cat{digits}")
