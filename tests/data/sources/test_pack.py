"""Packs of encoded images in one .npz file."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from convscope.data import decode, open_source
from convscope.data.sources.pack import open_pack
from convscope.errors import SourceError
from tests.data.making import encoded


def members(**changes: object) -> dict[str, object]:
    """Four images of the grey levels 10, 20, 30, 40 in two classes; the last two are for validation."""
    files = [encoded(np.full((4, 4, 3), level, np.uint8), quality=100) for level in (10, 20, 30, 40)]
    return {
        "data": np.frombuffer(b"".join(files), np.uint8),
        "offsets": np.cumsum([0, *map(len, files)]),
        "labels": np.array([0, 1, 0, 1], np.int16),
        "split": np.array([0, 0, 1, 1], np.uint8),
        "names": np.array(["a.jpg", "b.jpg", "c.jpg", "d.jpg"]),
        "classes": np.array(["cat", "dog"]),
        **changes,
    }


def save(path: Path, **changes: object) -> Path:
    np.savez(path, **{name: value for name, value in members(**changes).items() if value is not None})  # type: ignore[arg-type]
    return path


def facts(source) -> list[tuple[str, int, int]]:
    return [(source.name(i), source.label(i), int(decode(source.read(i)).mean().round())) for i in range(len(source))]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (None, [("a.jpg", 0, 10), ("b.jpg", 1, 20), ("c.jpg", 0, 30), ("d.jpg", 1, 40)]),
        ("train", [("a.jpg", 0, 10), ("b.jpg", 1, 20)]),
        ("val", [("c.jpg", 0, 30), ("d.jpg", 1, 40)]),
        ("test", [("c.jpg", 0, 30), ("d.jpg", 1, 40)]),
    ],
)
def test_splits(tmp_path: Path, split: str | None, expected: list) -> None:
    source = open_pack(save(tmp_path / "p.npz"), split)
    assert facts(source) == expected
    assert source.classes == ("cat", "dog")
    assert source.kind == "npz"


def test_only_data_and_offsets_are_needed(tmp_path: Path) -> None:
    path = save(tmp_path / "p.npz", labels=None, split=None, names=None, classes=None)
    source = open_pack(path)
    assert facts(source) == [("0", -1, 10), ("1", -1, 20), ("2", -1, 30), ("3", -1, 40)]
    assert source.classes == ()
    with pytest.raises(SourceError, match="no member 'split', so #val means nothing"):
        open_pack(path, "val")


@pytest.mark.parametrize(
    ("labels", "expected"), [([1.0, np.nan, 0.0, 1.0], [1, -1, 0, 1]), ([True, False, True, True], [1, 0, 1, 1])]
)
def test_labels_of_whole_numbers_in_any_type(tmp_path: Path, labels: list[float], expected: list[int]) -> None:
    source = open_pack(save(tmp_path / "p.npz", labels=np.array(labels), split=None))
    assert [source.label(index) for index in range(4)] == expected


def test_labels_without_names(tmp_path: Path) -> None:
    assert open_pack(save(tmp_path / "p.npz", classes=None)).classes == ("0", "1")


def test_file_is_read_once(tmp_path: Path) -> None:
    path = save(tmp_path / "p.npz")
    source = open_pack(path)
    path.unlink()
    assert len(facts(source)) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": None}, "needs data and offsets, or arrays.*; it has offsets, labels"),
        ({"data": np.zeros(3, np.int32)}, r"data is uint8 \(bytes,\), found int32"),
        ({"offsets": np.zeros((2, 2))}, "offsets are whole numbers"),
        ({"offsets": np.array([0, 5, 3])}, "offsets must rise"),
        ({"offsets": np.array([0, 5, 10**9])}, "offsets must rise"),
        ({"labels": np.zeros(3, np.int64)}, r"labels has shape \(3,\), for 4 images"),
        ({"labels": np.full(4, 0.5)}, "labels are whole numbers, found float64"),
        ({"labels": np.array([0, 1, 2, 3])}, "label 3 has no name among the 2 classes"),
        ({"split": np.zeros(2, np.uint8)}, "split has shape"),
        ({"offsets": np.array([0]), "labels": None, "split": None, "names": None}, "no image in"),
    ],
)
def test_members_that_do_not_fit(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_pack(save(tmp_path / "p.npz", **changes))


def test_empty_split(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no image in .*, split val"):
        open_pack(save(tmp_path / "p.npz", split=np.zeros(4, np.uint8)), "val")


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be read as an \.npz pack"):
        open_pack(save(tmp_path / "p.npz", classes=np.array([{}, "dog"], dtype=object)))


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(b"no zip file")
    with pytest.raises(SourceError, match=r"cannot be read as an \.npz pack"):
        open_pack(tmp_path / "p.npz")
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(SourceError, match="a single array"):
        open_pack(tmp_path / "single.npy")


def test_unknown_split(tmp_path: Path) -> None:
    path = save(tmp_path / "p.npz")
    with pytest.raises(SourceError, match=r"no split 'trian' in .*; did you mean 'train'"):
        open_source(f"npz:{path}#trian")


def test_fingerprint_follows_the_contents(tmp_path: Path) -> None:
    path = save(tmp_path / "p.npz")
    original = open_pack(path).fingerprint()
    (tmp_path / "elsewhere").mkdir()
    assert open_pack(save(tmp_path / "elsewhere" / "q.npz")).fingerprint() == original
    assert open_pack(path, "val").fingerprint() != open_pack(path, "train").fingerprint() != original
    assert open_pack(path, "val").fingerprint() == open_pack(path, "test").fingerprint()
    data = np.array(members()["data"])
    data[-3] ^= 1
    assert open_pack(save(tmp_path / "r.npz", data=data)).fingerprint() != original


def test_source_travels_as_a_path(tmp_path: Path) -> None:
    source = open_pack(save(tmp_path / "p.npz"), "val")
    message = pickle.dumps(source)
    assert len(message) < 1000
    assert facts(pickle.loads(message)) == facts(source)  # noqa: S301


def test_opened_by_path_and_by_scheme(tmp_path: Path) -> None:
    path = save(tmp_path / "p#1.npz")
    assert len(open_source(path)) == 4
    assert len(open_source(f"{path}#val")) == len(open_source(f"npz:{path}#val")) == 2


@pytest.mark.data
def test_development_packs(data_dir: Path) -> None:
    source = open_source(f"{data_dir / 'imagenette128_q75.npz'}#val")
    assert len(source) == 3925
    assert source.classes[0] == "tench"
    assert decode(source.read(3924)).shape == (128, 128, 3)
    assert {source.label(i) for i in range(0, 3925, 50)} == set(range(10))


@pytest.mark.parametrize("labels", [[0, 10**11], [-2, 0]])
def test_labels_that_are_absurd(tmp_path: Path, labels: list[int]) -> None:
    data = {"data": np.zeros(2, np.uint8), "offsets": np.arange(3), "labels": np.array(labels)}
    np.savez(tmp_path / "a.npz", **data)
    with pytest.raises(SourceError, match=f"has labels from {min(labels)} to {max(labels)}"):
        open_pack(tmp_path / "a.npz")
