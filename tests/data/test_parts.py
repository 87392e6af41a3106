"""Tables of parts: what is read, what is refused and where, and where boxes fall in the network's input."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.data import Preprocess
from convscope.data.parts import Part, box_on_input, format_parts, of_images, parse_parts, read_parts
from convscope.errors import UsageError
from tests.conftest import ROOT

HEAD = "image,part,y0,x0,y1,x1\n"


def test_a_table_is_read_in_its_order_with_other_columns_passed_over() -> None:
    text = "part, note,image,x0,y0,x1,y1\n".replace(", ", ",") + 'nose,"a, b",dogs/a.jpg,4,3.5,12,9\n'
    assert parse_parts(text) == (Part("dogs/a.jpg", "nose", (3.5, 4, 9, 12)),)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    parts = (Part("b, 2.jpg", "left eye", (0, 1.25, 10, 20)), Part("a.jpg", 'the "nose"', (3, 4, 9, 12)))
    (tmp_path / "parts.csv").write_text(format_parts(parts), encoding="utf-8")
    assert read_parts(tmp_path / "parts.csv") == tuple(sorted(parts, key=lambda p: p.image))
    assert "b, 2.jpg" in format_parts(parts)
    assert format_parts(parts).startswith(HEAD)


def test_large_coordinates_keep_their_digits() -> None:
    part = Part("a.jpg", "nose", (12345678.25, 0, 12345679, 1234567.5))
    assert parse_parts(format_parts([part])) == (part,)


def test_a_spreadsheets_mark_and_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_bytes(("\ufeff" + HEAD + "a.jpg,nose,3,4,9,12\n").replace("\n", "\r\n").encode())
    assert len(read_parts(tmp_path / "parts.csv")) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a.jpg,nose,3,4,9", "nothing in column x1"),
        ("a.jpg,nose,3,4,nine,12", "y1 is 'nine', which is no number"),
        ("a.jpg,nose,3,4,3,12", "is empty"),
        ("a.jpg,nose,9,4,3,12", "is empty"),
        ("a.jpg,nose,-1,4,3,12", "begins before the image"),
        ("a.jpg,nose,nan,4,3,12", "is empty"),
        ("a.jpg,nose,3,4,inf,12", "is empty"),
        (",nose,3,4,9,12", "nothing in column image"),
        ("a.jpg, ,3,4,9,12", "nothing in column part"),
        ("b.jpg,nose,3,4,9,12", "'nose' of b.jpg is given twice"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"dogs\.csv, line 3: .*" + said.replace("(", r"\(")):
        parse_parts(f"{HEAD}b.jpg,nose,3,4,9,12\n{row}\n", name="dogs.csv")


def test_lines_are_counted_in_the_file_where_a_cell_has_several() -> None:
    with pytest.raises(UsageError, match="line 4"):
        parse_parts(f'{HEAD}"b\n.jpg",nose,3,4,9,12\na.jpg,nose,1,1,1,1\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no column image, part"), ("image,part,y0,x0,y1\n", "no column x1"), (HEAD, "convscope annotate")],
)
def test_tables_that_are_none_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_parts(text)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv cannot be read"):
        read_parts(tmp_path / "none.csv")
    (tmp_path / "photo.csv").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(UsageError, match=r"photo\.csv cannot be read"):
        read_parts(tmp_path / "photo.csv")


@pytest.mark.parametrize("size", [(300, 400), (400, 300), (256, 256), (120, 500)])
def test_a_box_falls_where_its_pixels_fall(size: tuple[int, int]) -> None:
    """White pixels in the file are where the box is in the crop, up to the blur of resizing."""
    recipe = Preprocess(64, 64, resize=72)
    height, width = size
    part = Part("a", "nose", (height * 0.4, width * 0.42, height * 0.6, width * 0.57))
    image = np.zeros((height, width, 3), np.uint8)
    y0, x0, y1, x1 = (round(v) for v in part.box)
    image[y0:y1, x0:x1] = 255
    seen = np.argwhere(recipe.crop(image)[..., 0] > 127)
    box = box_on_input(part, recipe.place(height, width), (64, 64))
    assert np.abs(box - np.concatenate([seen.min(0), seen.max(0) + 1])).max() <= 1


def test_boxes_are_clipped_to_the_crop_and_kept_whole() -> None:
    place = Preprocess(100, 100, resize=100).place(100, 200)  # columns 50 to 150
    assert box_on_input(Part("a", "p", (10, 20, 20, 60)), place, (100, 100)).tolist() == [10, 0, 20, 10]
    # Any pixel that is touched is covered.
    assert box_on_input(Part("a", "p", (10.9, 60.2, 20.1, 70)), place, (100, 100)).tolist() == [10, 10, 21, 20]
    with pytest.raises(UsageError, match=r"'p' of a lies outside what the network sees"):
        box_on_input(Part("a", "p", (10, 0, 20, 50)), place, (100, 100))


def test_images_are_found_by_the_end_of_their_path() -> None:
    names = ["dogs/x/1.jpg", "dogs/y/1.jpg", "cats/2.jpg"]
    box = (0.0, 0.0, 1.0, 1.0)
    assert list(of_images([Part("2.jpg", "nose", box), Part("x/1.jpg", "nose", box)], names)) == names[2::-2]
    with pytest.raises(UsageError, match=r"'1\.jpg' of the parts is the end of 2"):
        of_images([Part("1.jpg", "nose", box)], names)
    with pytest.raises(UsageError, match=r"not among the images; did you mean .*2\.jpg"):
        of_images([Part("22.jpg", "nose", box)], names)
    with pytest.raises(UsageError, match=r"not among the images: they are called image 0, image 1 \.\.\."):
        of_images([Part("0", "nose", box)], [f"image {i}" for i in range(3)])
    # The whole name is meant where another ends with it.
    assert list(of_images([Part("1.jpg", "nose", box)], ["1.jpg", "a/1.jpg"])) == ["1.jpg"]


@pytest.mark.data
@pytest.mark.parametrize(("table", "parts", "images"), [("dog_faces", 3, 15), ("cars", 2, 10)])
def test_the_tables_that_come_along_fit_their_images(data_dir: Path, table: str, parts: int, images: int) -> None:
    found = read_parts(ROOT / "docs" / "data" / f"{table}.csv")
    assert len(found) == (parts + 1) * images
    for part in found:
        with Image.open(data_dir / "imagenet_samples" / "images" / part.image) as image:
            width, height = image.size
        assert part.box[2] <= height
        assert part.box[3] <= width
        within = next(p.box for p in found if p.image == part.image and p.part == "object")
        centre = ((part.box[0] + part.box[2]) / 2, (part.box[1] + part.box[3]) / 2)
        assert within[0] <= centre[0] <= within[2]
        assert within[1] <= centre[1] <= within[3]


def test_a_table_of_parts_is_a_regular_file_of_short_cells(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="no regular file"):
        read_parts(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="field larger than field limit"):
        parse_parts(f"image,part,y0,x0,y1,x1\na.jpg,{'n' * 200_000},3,4,9,12\n")
    with pytest.raises(UsageError, match="line 1: field larger than field limit"):
        parse_parts("image," + "n" * 200_000)
