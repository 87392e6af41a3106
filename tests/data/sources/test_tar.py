"""Tar shards in WebDataset's naming."""

import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.data import decode, open_source
from convscope.data.sources.tar import expand_braces, open_tar
from convscope.errors import ImageError, SourceError
from tests.data.making import encoded


def picture(level: int) -> bytes:
    return encoded(np.full((4, 4, 3), level, np.uint8), "PNG")


def write(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def facts(source) -> list[tuple[str, int, int]]:
    return [(source.name(i), source.label(i), int(decode(source.read(i))[0, 0, 0])) for i in range(len(source))]


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    write(tmp_path / "s-00.tar", {"a.png": picture(1), "a.cls": b"1\n", "b.cls": b"0", "b.png": picture(2)})
    write(tmp_path / "s-01.tar", {"sub/c.seg.png": picture(9), "sub/c.json": b'{"label": 2}', "d.txt": b"no image"})
    return tmp_path


@pytest.mark.parametrize("pattern", ["s-{00..01}.tar", "s-*.tar", "s-{00,01}.tar", "s-0[01].tar", "s-0?.tar"])
def test_members_and_labels(shards: Path, pattern: str) -> None:
    source = open_tar(str(shards / pattern))
    assert source.kind == "tar"
    assert facts(source) == [("s-00.tar/a.png", 1, 1), ("s-00.tar/b.png", 0, 2), ("s-01.tar/sub/c.seg.png", 2, 9)]
    assert source.classes == ("0", "1", "2")
    assert source.describe() == f"3 images in 2 tar shards in {shards}, 3 classes"


def test_class_names_beside_the_shards(shards: Path) -> None:
    (shards / "classnames.txt").write_text("cat\ndog\nfox\nyak\n")
    assert open_tar(str(shards / "s-*.tar")).classes == ("cat", "dog", "fox", "yak")
    # Too few names for the labels: they belong to something else.
    (shards / "classnames.txt").write_text("cat\n")
    assert open_tar(str(shards / "s-*.tar")).classes == ("0", "1", "2")


def test_class_names_as_labels(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", {"a.png": picture(1), "a.cls": b"dog", "b.png": picture(2), "b.json": b'{"cls": "cat"}'})
    source = open_tar(str(tmp_path / "x.tar"))
    assert (source.classes, [source.label(i) for i in range(2)]) == (("cat", "dog"), [1, 0])


@pytest.mark.parametrize("json", [b"{}", b"[]", b'{"label": null}', b'{"label": 0.5}', b'{"label": [1]}'])
def test_json_without_a_label(tmp_path: Path, json: bytes) -> None:
    write(tmp_path / "x.tar", {"a.png": picture(1), "a.json": json})
    assert open_tar(str(tmp_path / "x.tar")).label(0) == -1


@pytest.mark.parametrize(
    ("members", "classes"),
    [
        ({"a.cls": b"3.0\n", "b.cls": b"1", "c.cls": b""}, [3, 1, -1]),
        ({"a.json": b'{"label": 3.0}', "b.json": b'{"label": 1}', "c.json": b'{"label": NaN}'}, [3, 1, -1]),
        ({"a.json": b'{"label": true}', "b.json": b'{"label": false}'}, [1, 0, -1]),
    ],
)
def test_labels_of_whole_numbers_in_any_type(tmp_path: Path, members: dict[str, bytes], classes: list[int]) -> None:
    write(tmp_path / "x.tar", {"a.png": picture(1), "b.png": picture(2), "c.png": picture(3), **members})
    source = open_tar(str(tmp_path / "x.tar"))
    assert [source.label(index) for index in range(3)] == classes


def test_damaged_json_is_named(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", {"a.png": picture(1), "a.json": b"{"})
    with pytest.raises(SourceError, match=r"label x\.tar/a\.json cannot be read"):
        open_tar(str(tmp_path / "x.tar"))


def test_long_names(tmp_path: Path) -> None:
    name = "folder/" * 30 + "image.png"
    write(tmp_path / "x.tar", {name: picture(5)})
    assert facts(open_tar(str(tmp_path / "x.tar"))) == [(f"x.tar/{name}", -1, 5)]


def test_missing_shards_are_named(shards: Path) -> None:
    with pytest.raises(SourceError, match=r"no such tar file: .*s-02\.tar, .*s-03\.tar, .*s-04\.tar and 2 more"):
        open_tar(str(shards / "s-{00..06}.tar"))
    with pytest.raises(SourceError, match=r"no such tar file: .*t-\*\.tar"):
        open_tar(str(shards / "t-*.tar"))


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", {"a.png": picture(1)}, "w:gz")
    with pytest.raises(SourceError, match="unpack them"):
        open_tar(str(tmp_path / "x.tar"))


def test_archive_cut_off(shards: Path) -> None:
    path = shards / "s-00.tar"
    path.write_bytes(path.read_bytes()[:1800])
    with pytest.raises(SourceError, match=r"s-00\.tar cannot be read as a tar file: unexpected end"):
        open_tar(str(path))


def test_archive_that_shrinks_later(shards: Path) -> None:
    source = open_tar(str(shards / "s-00.tar"))
    path = shards / "s-00.tar"
    path.write_bytes(path.read_bytes()[:520])
    with pytest.raises(ImageError, match=r"s-00\.tar ends \d+ bytes before"):
        source.read(0)
    path.unlink()
    with pytest.raises(ImageError, match="No such file"):
        source.read(0)


def test_archive_without_images(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", {"a.txt": b""})
    with pytest.raises(SourceError, match=r"no image .* members are named KEY\.jpg"):
        open_tar(str(tmp_path / "x.tar"))


def test_fingerprint(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    original = open_tar(str(shards / "s-*.tar")).fingerprint()
    moved = tmp_path_factory.mktemp("moved")
    for path in shards.glob("*.tar"):
        (moved / path.name).write_bytes(path.read_bytes())
    assert open_tar(str(moved / "s-{00..01}.tar")).fingerprint() == original
    write(moved / "s-01.tar", {"sub/c.seg.png": picture(9), "sub/c.json": b'{"label": 1}'})
    assert open_tar(str(moved / "s-*.tar")).fingerprint() != original


def test_source_travels_to_other_processes(shards: Path) -> None:
    source = open_tar(str(shards / "s-*.tar"))
    assert facts(pickle.loads(pickle.dumps(source))) == facts(source)  # noqa: S301


def test_opened_by_path_and_by_scheme(shards: Path) -> None:
    assert open_source(str(shards / "s-00.tar")).kind == "tar"
    assert len(open_source(f"tar:{shards}/s-*.tar")) == len(open_source(f"{shards}/s-*.tar")) == 3


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.tar", ["a.tar"]),
        ("{9..11}", ["9", "10", "11"]),
        ("{08..10}", ["08", "09", "10"]),
        ("{a,b}{0..1}", ["a0", "a1", "b0", "b1"]),
    ],
)
def test_braces(pattern: str, expected: list[str]) -> None:
    assert expand_braces(pattern) == expected


def test_backward_range_is_refused() -> None:
    with pytest.raises(SourceError, match="runs backwards"):
        expand_braces("{3..1}")


def test_members_that_claim_too_much_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tar", {"a.png": picture(1), "b.png": picture(2)})
    most = len(picture(1)) - 1
    source = open_source(f"tar:{path}", max_bytes=most)
    with pytest.raises(ImageError, match=rf"has {len(picture(1))} bytes, more than the limit of {most}: max_bytes="):
        source.read(0)
    # A header that claims a terabyte: nothing of that size is asked of the machine.
    source = open_tar(str(write(tmp_path / "t.tar", {"a.png": picture(1)})))
    huge = replace(source, size=np.array([1 << 40]))
    with pytest.raises(ImageError, match="has 1099511627776 bytes, more than the limit"):
        huge.read(0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"[" * 200_000, "label .* cannot be read"),
        ("a.json", b'{"label": ' + b"9" * 5000 + b"}", "label .* cannot be read"),
        ("a.cls", b"1" * (1 << 21), "has 2097152 bytes"),
    ],
)
def test_labels_that_are_absurd(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_tar(str(write(tmp_path / "s.tar", {"a.png": picture(1), name: content})))


def test_links_in_an_archive_are_no_images(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tar", {"a.png": picture(1)})
    with tarfile.open(path, "a") as archive:
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(f"link{number}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert facts(open_tar(str(path))) == [("s.tar/a.png", -1, 1)]


def test_class_names_that_are_no_text(shards: Path) -> None:
    (shards / "classes.txt").write_bytes(b"\xff\xfe\n" * 3)
    with pytest.raises(SourceError, match="names of classes"):
        open_tar(str(shards / "s-*.tar"))


def test_a_range_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="stand for more than 100000 files"):
        expand_braces("{0..999}{0..999}{0..999}")
    with pytest.raises(SourceError, match="is of more than 100000 files"):
        open_tar(f"{tmp_path}/a-{{0..99999999999}}.tar")


def test_long_names_that_follow_each_other_without_end_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("name")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 200
    (tmp_path / "a.tar").write_bytes((info.tobuf() + b"n" * 200 + bytes(312)) * 2000)
    with pytest.raises(SourceError, match="recursion"):
        open_tar(str(tmp_path / "a.tar"))


def test_members_that_begin_before_each_other_are_refused(tmp_path: Path) -> None:
    """Their sizes are negative: the next one is where the last one was, for ever."""
    head = bytearray(tarfile.TarInfo("a.png").tobuf(tarfile.GNU_FORMAT))
    head[124:136] = b"\xff" + (-1024).to_bytes(11, "big", signed=True)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    (tmp_path / "a.tar").write_bytes(bytes(head) * 2 + bytes(1024))
    with pytest.raises(SourceError, match="cannot be read as a tar file"):
        open_tar(str(tmp_path / "a.tar"))
