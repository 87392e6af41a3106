"""Target sets in their published layouts."""

from pathlib import Path

import numpy as np
import pytest

from convscope.errors import SourceError, UsageError
from convscope.generalisation import open_target
from convscope.generalisation.datasets import VOC_CLASSES, read_annotation
from tests.generalisation import layouts

COUNTS = {"BACKGROUND_Google": 2, "accordion": 3, "yin_yang": 4}


@pytest.mark.parametrize("inside", ["", "101_ObjectCategories"])
def test_caltech101_has_a_class_a_folder_and_its_background(tmp_path: Path, inside: str) -> None:
    root = layouts.caltech101(tmp_path, COUNTS)
    target = open_target(f"caltech101:{root / inside}")
    assert target.classes == tuple(COUNTS)
    assert np.bincount(target.labels).tolist() == list(COUNTS.values())
    assert target.source.name(int(np.flatnonzero(target.labels == 1)[0])) == "accordion/image_0001.jpg"


def test_background_can_be_left_out(tmp_path: Path) -> None:
    target = open_target(f"caltech101:{layouts.caltech101(tmp_path, COUNTS)}", background="out")
    assert target.classes == ("accordion", "yin_yang")
    assert [int((target.labels == i).sum()) for i in (-1, 0, 1)] == [2, 3, 4]


def test_clutter_of_caltech256_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    counts = {"001.ak47": 3, "002.american-flag": 4, "257.clutter": 5}
    root = layouts.caltech256(tmp_path, counts)
    assert open_target(f"caltech256:{root}").classes == ("001.ak47", "002.american-flag")
    assert open_target(f"caltech256:{root}", background="in").classes == tuple(counts)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("caltech101", ["101_ObjectCategories", "accordion/image_0001.jpg", "data.caltech.edu"]),
        ("caltech256", ["256_ObjectCategories", "001.ak47/001_0001.jpg", "data.caltech.edu"]),
        ("voc2012", ["VOCdevkit/VOC2012", "ImageSets/Main", "host.robots.ox.ac.uk"]),
    ],
)
def test_missing_set_says_what_was_expected_and_where_it_is(tmp_path: Path, kind: str, words: list[str]) -> None:
    with pytest.raises(SourceError) as raised:
        open_target(f"{kind}:{tmp_path / 'nowhere'}")
    assert all(word in str(raised.value) for word in [*words, "nowhere"])


def test_images_without_labels_are_refused(tmp_path: Path) -> None:
    layouts.picture(tmp_path / "a.jpg", seed=0)
    with pytest.raises(SourceError, match="have no labels"):
        open_target(str(tmp_path))


def test_background_of_a_set_without_one_is_refused(tmp_path: Path) -> None:
    layouts.caltech101(tmp_path, {"accordion": 1, "yin_yang": 1})
    with pytest.raises(UsageError, match="no class named BACKGROUND_Google"):
        open_target(str(tmp_path / "101_ObjectCategories"), background="out")


VOC = {
    "2008_000001": ("train", [("dog", 10, 0), ("cat", 20, 0), ("cat", 5, 1)]),
    "2008_000002": ("train", [("person", 30, 1), ("car", 4, 0)]),
    "2008_000003": ("val", [("person", 30, 1)]),
    "2008_000004": ("val", [("dog", 9, 0), ("cat", 9, 0)]),
    "2008_000005": ("test", []),
}


def test_voc_has_sets_several_labels_and_difficult_flags(tmp_path: Path) -> None:
    target = open_target(f"voc2012:{layouts.voc2012(tmp_path, VOC)}")
    names = {target.source.name(i): i for i in range(len(target))}
    assert {name: len(rows) for name, rows in target.sets.items()} == {"train": 2, "val": 2, "trainval": 4, "test": 1}
    assert target.presence is not None
    one = {name: dict(zip(VOC_CLASSES, target.presence[i].tolist(), strict=True)) for name, i in names.items()}
    first = one["JPEGImages/2008_000001.jpg"]
    assert (first["dog"], first["cat"], first["person"]) == (1, 1, -1)  # an easy cat makes the difficult one no matter
    assert one["JPEGImages/2008_000002.jpg"]["person"] == 0
    assert [one["JPEGImages/2008_000003.jpg"][c] for c in ("person", "dog")] == [0, -1]


def test_exclusive_label_is_the_class_that_covers_most_and_is_not_difficult(tmp_path: Path) -> None:
    target = open_target(f"voc2012:{layouts.voc2012(tmp_path, VOC)}")
    labels = {target.source.name(i)[-5]: int(target.labels[i]) for i in range(len(target))}
    named = {number: VOC_CLASSES[label] if label >= 0 else None for number, label in labels.items()}
    assert named == {"1": "cat", "2": "car", "3": None, "4": "cat", "5": None}  # a tie goes to VOC's first


def test_parts_of_a_body_are_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(layouts.annotation([("horse", 7, 0)]))
    presence, label = read_annotation(path)
    assert (presence >= 0).sum() == 1
    assert VOC_CLASSES[label] == "horse"


@pytest.mark.parametrize("text", ["<annotation>", "<a><object><name>unicorn</name></object></a>", "no xml"])
def test_annotation_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "2008_000009.xml"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"2008_000009\.xml"):
        read_annotation(path)


def test_a_list_that_is_no_text_is_named(tmp_path: Path) -> None:
    root = layouts.voc2012(tmp_path, VOC)
    (root / "VOCdevkit/VOC2012/ImageSets/Main/val.txt").write_bytes(b"\xff\xfe2008")
    with pytest.raises(SourceError, match=r"val\.txt cannot be read as a list of images"):
        open_target(f"voc2012:{root}")


def test_missing_annotation_is_named(tmp_path: Path) -> None:
    root = layouts.voc2012(tmp_path, VOC)
    (root / "VOCdevkit/VOC2012/Annotations/2008_000004.xml").unlink()
    with pytest.raises(SourceError, match=r"1 of the 2 images of val.*2008_000004\.xml"):
        open_target(f"voc2012:{root}")
