"""Collections in arrays: .npy and .npz files in the layouts that people have, Parquet and Hugging Face columns."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from convscope.data import Preprocess, batches, open_source
from convscope.errors import SourceError

GREY = Preprocess(8, 8, mean=(0.5,), std=(0.25,))
DIGITS = np.random.default_rng(0).integers(0, 256, (7, 8, 8), np.uint8)
LABELS = np.array([0, 3, 1, 2, 0, 1, 2], np.int64)


def test_an_npy_file_is_a_collection_with_labels_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "digits.npy", DIGITS)
    np.save(tmp_path / "classes.npy", LABELS.astype(float))
    source = open_source(f"npy:{tmp_path}/digits.npy#classes.npy")
    assert (len(source), source.classes, source.kind) == (7, ("0", "1", "2", "3"), "npy")
    assert [source.label(i) for i in range(7)] == LABELS.tolist()
    (batch,) = batches(source, GREY)
    assert np.array_equal(batch.images[:, 0].numpy(), DIGITS)
    plain = open_source(tmp_path / "digits.npy")
    assert plain.label(0) == -1
    assert plain.fingerprint() != source.fingerprint()
    assert pickle.loads(pickle.dumps(source)).fingerprint() == source.fingerprint()  # noqa: S301


def test_an_npy_file_of_one_image_is_one_image(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", DIGITS[0])
    assert len(open_source(tmp_path / "one.npy")) == 1


def test_an_npy_file_is_not_read_into_memory(tmp_path: Path) -> None:
    large = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", np.uint8, (1 << 20, 64, 64))
    large[-1] = 7
    del large
    source = open_source(tmp_path / "large.npy")
    assert len(source) == 1 << 20
    assert (np.asarray(source.read(len(source) - 1)) == 7).all()


@pytest.mark.parametrize(
    ("images", "labels", "shape"),
    [("x_{}", "y_{}", (-1,)), ("{}_images", "{}_labels", (-1, 1)), ("{}_x", "{}_y", (-1,))],
)
def test_the_layouts_of_mnist_and_medmnist(tmp_path: Path, images: str, labels: str, shape: tuple[int, ...]) -> None:
    arrays = {}
    for split, rows in (("train", slice(0, 4)), ("test", slice(4, 7))):
        arrays[images.format(split)] = DIGITS[rows]
        arrays[labels.format(split)] = LABELS[rows].reshape(shape)
    np.savez(tmp_path / "digits.npz", **arrays)
    whole, test = open_source(tmp_path / "digits.npz"), open_source(f"{tmp_path}/digits.npz#test")
    assert (len(whole), len(test)) == (7, 3)
    assert [whole.name(i) for i in (0, 4)] == ["train/0", "test/0"]
    assert [test.label(i) for i in range(3)] == LABELS[4:].tolist()
    assert np.array_equal(np.asarray(whole.read(5)), DIGITS[5])
    with pytest.raises(SourceError, match=r"no split 'val'.*train, test"):
        open_source(f"{tmp_path}/digits.npz#val")


def test_images_and_labels_without_splits(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=DIGITS, labels=LABELS)
    assert open_source(tmp_path / "a.npz").label(1) == 3
    np.savez(tmp_path / "b.npz", x=DIGITS, y=np.eye(4)[LABELS])
    source = open_source(tmp_path / "b.npz")
    assert source.label(1) == -1
    assert "labels have 4 columns and are left out" in source.describe()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": DIGITS, "labels": LABELS[:3]}, r"has shape \(3,\), for 7 images"),
        ({"images": DIGITS, "labels": LABELS + 0.5}, "fractions"),
        ({"images": DIGITS, "labels": LABELS - 5}, "counted from 0"),
        ({"train_images": DIGITS[0]}, "images are"),
        ({"something": LABELS}, "no pack of encoded images"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / "a.npz")


def test_a_folder_of_arrays_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "one.npy", DIGITS[0])
    source = open_source(tmp_path)
    assert (len(source), source.classes) == (2, ("a", "b"))


def test_columns_of_arrays_in_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    kind = pyarrow.list_(pyarrow.list_(pyarrow.uint8()))
    table = pyarrow.table({"pixels": pyarrow.array(DIGITS.tolist(), kind), "label": LABELS})
    parquet.write_table(table, tmp_path / "digits.parquet")
    source = open_source(tmp_path / "digits.parquet")
    assert source.label(1) == 3
    (batch,) = batches(source, GREY)
    assert np.array_equal(batch.images[:, 0].numpy(), DIGITS)


def test_a_column_of_arrays_whose_rows_differ_is_an_error_of_one_image(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    kind = pyarrow.list_(pyarrow.list_(pyarrow.uint8()))
    rows = [DIGITS[0].tolist(), [[1, 2], [3]], None]
    parquet.write_table(pyarrow.table({"image": pyarrow.array(rows, kind)}), tmp_path / "a.parquet")
    (batch,) = batches(open_source(tmp_path / "a.parquet"), GREY)
    assert batch.indices.tolist() == [0]
    assert ["no array" in f.reason or "no image" in f.reason for f in batch.failures] == [True, True]


def test_columns_of_arrays_in_a_hugging_face_dataset() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Array2D((8, 8), "uint8"), "label": datasets.Value("int64")})
    made = datasets.Dataset.from_dict({"image": DIGITS, "label": LABELS}, features=features)
    source = open_source(made)
    assert source.label(1) == 3
    (batch,) = batches(source, GREY)
    assert np.array_equal(batch.images[:, 0].numpy(), DIGITS)
    other = datasets.Dataset.from_dict({"image": 255 - DIGITS, "label": LABELS}, features=features)
    assert open_source(other).fingerprint() != source.fingerprint()


def test_numbered_images_tell_neither_name_nor_place(tmp_path: Path) -> None:
    np.save(tmp_path / "doe_jane.npy", DIGITS)
    source = open_source(tmp_path / "doe_jane.npy", naming="numbered", limit=3)
    assert [source.name(i) for i in range(3)] == ["image 0", "image 2", "image 4"]
    assert "doe" not in source.describe()


def test_images_without_pixels_are_refused_however_many(tmp_path: Path) -> None:
    said = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 0, 8)}\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\0" + len(said).to_bytes(2, "little") + said)
    with pytest.raises(SourceError, match=r"holds uint8 \(1000000000000, 0, 8\)"):
        open_source(f"npy:{tmp_path / 'a.npy'}")
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 0, 8), np.uint8))
    with pytest.raises(SourceError, match=r"images is uint8 \(3, 0, 8\)"):
        open_source(f"npz:{tmp_path / 'a.npz'}")
    np.savez(tmp_path / "b.npz", images=np.zeros((3, 8, 8), np.uint8), labels=np.zeros((3, 0), np.uint8))
    with pytest.raises(SourceError, match=r"labels has shape \(3, 0\)"):
        open_source(f"npz:{tmp_path / 'b.npz'}")
