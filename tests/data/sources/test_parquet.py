"""Images in columns of Parquet files."""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.data import decode, open_source
from convscope.data.sources.parquet import ParquetSource, open_parquet
from convscope.errors import ImageError, MissingExtra, SourceError
from tests.data.making import encoded

pyarrow = pytest.importorskip("pyarrow")


def picture(level: int) -> bytes:
    return encoded(np.full((4, 4, 3), level, np.uint8), "PNG")


def write(path: Path, columns: dict[str, Any], *, rows: int = 2, features: dict | None = None) -> Path:
    import pyarrow.parquet as parquet

    table = pyarrow.table(columns)
    if features is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, row_group_size=rows)
    return path


def facts(source: ParquetSource) -> list[tuple[str, int, int]]:
    return [(source.name(i), source.label(i), int(decode(source.read(i))[0, 0, 0])) for i in range(len(source))]


def structs(*levels: int) -> list[dict[str, Any]]:
    return [{"bytes": picture(level), "path": f"some/where/{level}.png"} for level in levels]


def test_structs_with_labels_in_several_row_groups(tmp_path: Path) -> None:
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "fox"], "_type": "ClassLabel"}}
    columns = {"label": [0, 1, 1, 0, 0], "image": structs(1, 2, 3, 4, 5)}
    source = open_parquet(write(tmp_path / "t.parquet", columns, features=features))
    assert source.kind == "parquet"
    assert facts(source) == [
        ("t.parquet/0/1.png", 0, 1),
        ("t.parquet/1/2.png", 1, 2),
        ("t.parquet/2/3.png", 1, 3),
        ("t.parquet/3/4.png", 0, 4),
        ("t.parquet/4/5.png", 0, 5),
    ]
    assert source.classes == ("cat", "dog", "fox")
    assert source.describe() == f"5 images in column 'image' of 1 Parquet file in {tmp_path}, 3 classes"


@pytest.mark.parametrize("column", ["label", "Label", "target", "CLASS"])
@pytest.mark.parametrize(
    ("cells", "expected", "classes"),
    [
        ([3.0, 4.0, None], [3, 4, -1], 5),
        ([3.0, float("nan"), 0.0], [3, -1, 0], 4),
        ([True, False, None], [1, 0, -1], 2),
        ([0.5, 1.0, 2.0], [-1, -1, -1], 0),
        ([b"x", b"y", b"z"], [-1, -1, -1], 0),
    ],
)
def test_labels_of_whole_numbers_in_any_type(
    tmp_path: Path, cells: list[Any], expected: list[int], classes: int, column: str
) -> None:
    path = write(tmp_path / "t.parquet", {"image": [picture(level) for level in (1, 2, 3)], column: cells})
    source = open_parquet(path, "image")
    assert ([source.label(index) for index in range(3)], len(source.classes)) == (expected, classes)


def test_categories_of_pandas_are_labels(tmp_path: Path) -> None:
    cells = pyarrow.array(["dog", "cat", None]).dictionary_encode()
    path = write(tmp_path / "t.parquet", {"image": [picture(level) for level in (1, 2, 3)], "label": cells})
    source = open_parquet(path)
    assert ([source.label(index) for index in range(3)], source.classes) == ([1, 0, -1], ("cat", "dog"))


def test_folder_of_files_in_natural_order(tmp_path: Path) -> None:
    write(tmp_path / "p-10.parquet", {"img": [picture(3)], "label": ["dog"]})
    write(tmp_path / "p-9.parquet", {"img": [picture(1), picture(2)], "label": ["yak", None]})
    write(tmp_path / "sub" / "q.parquet", {"img": [picture(4)], "label": ["cat"]})
    source = open_parquet(tmp_path)
    assert facts(source) == [
        ("p-9.parquet/0", 2, 1),
        ("p-9.parquet/1", -1, 2),
        ("p-10.parquet/0", 1, 3),
        ("sub/q.parquet/0", 0, 4),
    ]
    assert source.classes == ("cat", "dog", "yak")


def test_few_row_groups_stay_in_memory(tmp_path: Path) -> None:
    levels = list(range(10))
    source = open_parquet(write(tmp_path / "t.parquet", {"image": structs(*levels)}, rows=1))
    order = [0, 9, 4, 4, 0, 5]
    assert [int(decode(source.read(i))[0, 0, 0]) for i in order] == order
    assert len(source._recent) == ParquetSource.KEPT == 2


def test_column_is_chosen_by_name_or_by_the_caller(tmp_path: Path) -> None:
    columns = {"mask": structs(1), "image": structs(2)}
    path = write(tmp_path / "t.parquet", columns)
    assert facts(open_parquet(path))[0][2] == 2
    assert facts(open_source(f"parquet:{path}#mask"))[0][2] == 1
    assert facts(open_source(f"{path}#mask"))[0][2] == 1
    with pytest.raises(
        SourceError, match=r"no image column 'maks'; did you mean 'mask'\? \(image columns: mask, image\)"
    ):
        open_parquet(path, "maks")


def test_several_columns_without_a_usual_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"images may be in left, right: say which"):
        open_parquet(write(tmp_path / "t.parquet", {"left": structs(1), "right": structs(2)}))


def test_no_column_of_images(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column holds images"):
        open_parquet(write(tmp_path / "t.parquet", {"text": ["a"], "n": [1]}))


def test_no_row_no_file_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no file in .* ends in"):
        open_parquet(tmp_path)
    empty = pyarrow.array([], pyarrow.binary())
    with pytest.raises(SourceError, match="no row in"):
        open_parquet(write(tmp_path / "t.parquet", {"image": empty}))
    (tmp_path / "t.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        open_parquet(tmp_path)


def test_empty_cells_are_unreadable_images(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"image": [picture(1), None], "label": [1, None]})
    source = open_parquet(path)
    assert [source.label(0), source.label(1)] == [1, -1]
    with pytest.raises(ImageError, match="holds no image"):
        source.read(1)


def test_cells_may_name_files(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture(8))
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    cells = [{"bytes": None, "path": str(tmp_path / name)} for name in ("x.png", "gone.png")]
    source = open_parquet(write(tmp_path / "t.parquet", {"image": pyarrow.array(cells, kind)}))
    assert decode(source.read(0))[0, 0, 0] == 8
    with pytest.raises(ImageError, match="names a file that cannot be read"):
        source.read(1)


def test_file_that_goes_away_is_an_unreadable_image(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"image": structs(1)})
    source = open_parquet(path)
    path.unlink()
    with pytest.raises(ImageError, match=r"row group 0 of t\.parquet cannot be read"):
        source.read(0)


def test_fingerprint(tmp_path: Path) -> None:
    original = open_parquet(write(tmp_path / "a" / "t.parquet", {"image": structs(1, 2)})).fingerprint()
    assert open_parquet(write(tmp_path / "b" / "t.parquet", {"image": structs(1, 2)})).fingerprint() == original
    assert open_parquet(write(tmp_path / "b" / "t.parquet", {"image": structs(1, 3)})).fingerprint() != original


def test_source_travels_without_its_row_groups(tmp_path: Path) -> None:
    source = open_parquet(write(tmp_path / "t.parquet", {"image": structs(1, 2, 3)}))
    expected = facts(source)
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert len(copy._recent) == 0
    assert facts(copy) == expected


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"install 'convscope\[parquet\]'"):
        open_source(f"parquet:{tmp_path}")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such file")
def test_cells_that_name_devices_or_hold_too_much_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    cells = [{"bytes": None, "path": path} for path in ("/dev/zero", str(tmp_path / "pipe.png"), "a\0b")]
    cells.append({"bytes": b"x" * 1000, "path": None})
    source = open_source(write(tmp_path / "t.parquet", {"image": cells}), max_bytes=999)
    for index in (0, 1):
        with pytest.raises(ImageError, match="table names a file that is not read: it is no regular file"):
            source.read(index)
    with pytest.raises(ImageError, match="table names a file that"):
        source.read(2)
    with pytest.raises(ImageError, match=r"has 1000 bytes, more than the limit of 999"):
        source.read(3)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such file")
def test_pipes_among_the_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "b.parquet", {"image": structs(3)})
    os.mkfifo(tmp_path / "a.parquet")
    assert facts(open_parquet(tmp_path)) == [("b.parquet/0/3.png", -1, 3)]


def test_long_values_said_once_for_many_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    monkeypatch.setattr("convscope.data.sources.parquet._ROOM", 1 << 22)
    monkeypatch.setattr("convscope.data.sources.parquet._AT_ONCE", 1 << 18)
    once = pyarrow.array(np.zeros(100, np.int32))
    image = pyarrow.DictionaryArray.from_arrays(once, pyarrow.array([bytes(1 << 20)], pyarrow.binary()))
    about = {"compression": "zstd", "store_schema": False}
    parquet.write_table(pyarrow.table({"image": image}), tmp_path / "a.parquet", **about)
    before = pyarrow.total_allocated_bytes()
    with pytest.raises(ImageError, match="becomes more than 4194304 bytes"):
        open_parquet(tmp_path / "a.parquet").read(0)
    assert pyarrow.total_allocated_bytes() - before < 1 << 24
    label = pyarrow.DictionaryArray.from_arrays(once, pyarrow.array(["x" * (1 << 20)]))
    table = pyarrow.table({"image": [b"x"] * 100, "label": label})
    parquet.write_table(table, tmp_path / "b.parquet", **about)
    with pytest.raises(SourceError, match="column 'label' becomes more than"):
        open_parquet(tmp_path / "b.parquet")


def varint(value: int, length: int) -> bytes:
    """A number as Thrift writes it, in more bytes than it needs."""
    twice = 2 * value
    return bytes([*(128 | (twice >> (7 * at)) & 127 for at in range(length - 1)), (twice >> (7 * (length - 1))) & 127])


def said_smaller(path: Path) -> None:
    """The same file, whose footer says of every column that it is small."""
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path) as table:
        groups = [table.metadata.row_group(number) for number in range(table.num_row_groups)]
        sizes = {group.column(place).total_uncompressed_size for group in groups for place in range(group.num_columns)}
        sizes |= {group.total_byte_size for group in groups}
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    footer = content[start:]
    for size in sizes:
        length = ((2 * size).bit_length() + 6) // 7
        assert varint(size, length) in footer
        footer = footer.replace(varint(size, length), varint(1, length))
    path.write_bytes(content[:start] + footer)
    with parquet.ParquetFile(path) as table:
        assert table.metadata.row_group(0).column(0).total_uncompressed_size == 1


def test_a_footer_that_says_less_than_the_pages_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    monkeypatch.setattr("convscope.data.sources.parquet._ROOM", 1 << 22)
    monkeypatch.setattr("convscope.data.sources.parquet._AT_ONCE", 1 << 20)
    once, iterate = pyarrow.array(np.zeros(64, np.int32)), parquet.ParquetFile.iter_batches
    about = {"compression": "zstd", "store_schema": False}
    for name, room, said in (("a", 1 << 20, "becomes more than 4194304"), ("b", 5 << 20, "a row may have 524")):
        image = pyarrow.DictionaryArray.from_arrays(once, pyarrow.array([bytes(room)], pyarrow.binary()))
        parquet.write_table(pyarrow.table({"image": image}), tmp_path / f"{name}.parquet", **about)
        said_smaller(tmp_path / f"{name}.parquet")
        largest: list[int] = []
        monkeypatch.setattr(parquet.ParquetFile, "iter_batches", watched(largest, iterate))
        with pytest.raises(ImageError, match=said):
            open_parquet(tmp_path / f"{name}.parquet").read(0)
        assert max(largest, default=0) <= 1 << 20


def watched(largest: list[int], iterate: Any) -> Any:
    """`iter_batches` that notes how large the batches are."""

    def iter_batches(table: Any, **about: Any) -> Any:
        for batch in iterate(table, **about):
            largest.append(batch.nbytes - 4 * batch.num_rows)
            yield batch

    return iter_batches


def test_lists_of_numbers_that_few_bytes_stand_for_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    monkeypatch.setattr("convscope.data.sources.parquet._ROOM", 1 << 20)
    zeros = pyarrow.array([[[0] * 200_000, [0] * 200_000]], pyarrow.list_(pyarrow.list_(pyarrow.int64())))
    parquet.write_table(pyarrow.table({"image": zeros}), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    with pytest.raises(ImageError, match="a row may have 3200008 bytes"):
        open_parquet(tmp_path / "a.parquet").read(0)


def test_pages_that_are_none_are_an_unreadable_image(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"image": [picture(1), picture(2)]})
    content = bytearray(path.read_bytes())
    content[4:40] = bytes([0x1C]) * 36  # structs in structs
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"row group 0 of a.parquet cannot be read: row group 0: .*structs in structs"):
        open_parquet(path).read(0)


def test_more_rows_than_bytes_are_no_images(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    nothing = pyarrow.table({"image": pyarrow.nulls(1_000_000, pyarrow.binary())})
    parquet.write_table(nothing, tmp_path / "a.parquet", compression="zstd")
    with pytest.raises(SourceError, match="says that it has 1000000 rows, and has"):
        open_parquet(tmp_path / "a.parquet")


def test_lists_of_more_numbers_than_an_image_has_pixels_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"image": [[[1, 2], [3, 4]], [[1], [2]]]})
    source = open_source(path, max_pixels=3)
    with pytest.raises(ImageError, match="holds 4 numbers, more than the limit of 3 pixels"):
        source.read(0)
    assert source.read(1).tolist() == [[1], [2]]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"info": {"features": {"label": {"names": [1, 2]}}}}', "[]", '{"info": 5}']
)
def test_class_names_that_are_none_are_left_out(tmp_path: Path, text: str) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    schema = pyarrow.schema([("image", pyarrow.binary()), ("label", pyarrow.int64())], metadata={"huggingface": text})
    parquet.write_table(pyarrow.table({"image": [b"x"], "label": [0]}, schema=schema), tmp_path / "a.parquet")
    assert open_parquet(tmp_path / "a.parquet").classes == ("0",)
