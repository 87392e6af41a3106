"""Any map-style PyTorch dataset as a source."""

import pickle
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from convscope.data import decode, open_source, wrap_dataset
from convscope.errors import ImageError, SourceError, UsageError
from tests.data.making import colour_file


class Items(Dataset):
    """A dataset of given items, which counts how often each is read."""

    def __init__(self, items: list[Any], **attributes: Any) -> None:
        self.items = items
        self.reads = [0] * len(items)
        for name, value in attributes.items():
            setattr(self, name, value)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        self.reads[index] += 1
        return self.items[index]


def grey(level: int) -> np.ndarray:
    return np.full((2, 3, 3), level, np.uint8)


def first_pixel(source: Any, index: int) -> list[int]:
    return decode(source.read(index))[0, 0].tolist()


@pytest.mark.parametrize(
    "image",
    [
        grey(51),
        np.full((2, 3), 51, np.uint8),
        np.full((2, 3), 0.2),
        Image.fromarray(grey(51)),
        torch.full((3, 2, 3), 51, dtype=torch.uint8),
        torch.full((1, 2, 3), 51, dtype=torch.uint8),
        torch.full((2, 3), 51, dtype=torch.uint8),
        torch.full((3, 2, 3), 0.2),
        torch.full((3, 2, 3), 0.2, dtype=torch.float16),
    ],
    ids=lambda image: f"{type(image).__name__}-{getattr(image, 'dtype', '')}-{getattr(image, 'shape', '')}",
)
def test_images_of_all_kinds(image: Any) -> None:
    source = open_source(Items([image]))
    assert decode(source.read(0)).shape == (2, 3, 3)
    assert first_pixel(source, 0) == [51, 51, 51]


@pytest.mark.parametrize(
    "item",
    [
        (grey(7), 2),
        [grey(7), 2, "more"],
        (grey(7), torch.tensor(2)),
        (grey(7), np.int64(2)),
        {"image": grey(7), "label": 2},
        {"img": grey(7), "target": torch.tensor([2])},
        (grey(7), 2.0),
        (grey(7), np.float32(2)),
        (grey(7), torch.tensor(2.0)),
    ],
)
def test_labels_of_all_kinds(item: Any) -> None:
    source = wrap_dataset(Items([item]))
    assert source.label(0) == 2
    assert first_pixel(source, 0) == [7, 7, 7]


@pytest.mark.parametrize("item", [grey(7), (grey(7),), (grey(7), None), (grey(7), "cat"), {"image": grey(7)},
                                  (grey(7), float("nan")), (grey(7), 2.7), (grey(7), torch.tensor(0.3)),
                                  (grey(7), torch.tensor([1, 0, 1]))])  # fmt: skip
def test_items_without_a_label(item: Any) -> None:
    assert wrap_dataset(Items([item])).label(0) == -1


def test_tensor_colours_keep_their_place() -> None:
    image = torch.tensor([10, 20, 30], dtype=torch.uint8).view(3, 1, 1).expand(3, 2, 2)
    assert first_pixel(wrap_dataset(Items([image])), 0) == [10, 20, 30]


def test_label_is_remembered_from_reading() -> None:
    dataset = Items([(grey(1), 4), (grey(2), 5)])
    source = wrap_dataset(dataset)
    source.read(0)
    assert [source.label(0), source.label(0)] == [4, 4]
    assert dataset.reads == [1, 0]


@pytest.mark.parametrize("name", ["targets", "labels"])
@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_targets_of_the_dataset_are_used(name: str, kind: Any) -> None:
    dataset = Items([grey(1), grey(2)], classes=["cat", "dog"], **{name: kind([1, 0])})
    source = wrap_dataset(dataset)
    assert [source.label(0), source.label(1)] == [1, 0]
    assert source.classes == ("cat", "dog")
    assert dataset.reads == [0, 0]
    assert source.describe() == "2 images of the dataset Items, 2 classes"


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_targets_of_whole_numbers_in_any_type_are_used(kind: Any) -> None:
    source = wrap_dataset(Items([grey(1), grey(2), grey(3)], targets=kind([1.0, float("nan"), 0.0])))
    assert [source.label(index) for index in range(3)] == [1, -1, 0]
    assert wrap_dataset(Items([(grey(1), np.bool_(True))], targets=kind([True]))).label(0) == 1
    assert wrap_dataset(Items([(grey(1), 5)], targets=kind([0.5]))).label(0) == 5  # measurements are no targets


def test_classes_may_be_given() -> None:
    assert wrap_dataset(Items([grey(1)], classes=["a"]), classes=["b"]).classes == ("b",)


def test_parts_of_datasets() -> None:
    dataset = Items([grey(1), grey(2), grey(3)], classes=["cat", "dog"], targets=[1, 0, 1])
    source = wrap_dataset(Subset(dataset, [2, 1]))
    assert [source.label(0), source.label(1)] == [1, 0]
    assert source.classes == ("cat", "dog")
    assert first_pixel(source, 0) == [3, 3, 3]
    assert source.describe().startswith("2 images of the dataset Subset(Items)")


def test_torchvision_folder_has_names_and_classes(tmp_path: Path, torchvision: Any) -> None:
    from torchvision.datasets import ImageFolder

    colour_file(tmp_path / "cat" / "a.png", 1)
    colour_file(tmp_path / "dog" / "b.png", 2)
    source = open_source(Subset(ImageFolder(str(tmp_path)), [1]))
    assert (source.name(0), source.label(0), source.classes) == ("dog/b.png", 1, ("cat", "dog"))
    assert first_pixel(source, 0) == [2, 2, 2]


def test_tensor_dataset() -> None:
    source = open_source(TensorDataset(torch.zeros(2, 3, 4, 4), torch.tensor([3, 1])))
    assert [source.label(0), source.label(1)] == [3, 1]
    assert first_pixel(source, 1) == [0, 0, 0]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (torch.full((3, 2, 2), -1.5), r"found -1.5 to -1.5: .* ends in Normalize, give it without"),
        (torch.zeros(2, 2, 3), r"\(H, W, 3\) .* found \(2, 3, 2\)"),
        ({"text": "a"}, "the item holds no image"),
        ((), "the item holds no image"),
        ("a.jpg", "from a str"),
    ],
)
def test_items_that_are_no_images(item: Any, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode(wrap_dataset(Items([item])).read(0))


def test_other_things_are_refused() -> None:
    class Stream(IterableDataset):
        def __iter__(self) -> Any:
            return iter(())

    with pytest.raises(UsageError, match="give a map-style dataset"):
        wrap_dataset(Stream())
    with pytest.raises(SourceError, match="the dataset Items is empty"):
        wrap_dataset(Items([]))


def test_items_are_read_one_at_a_time_unless_said() -> None:
    class Slow(Items):
        inside = most = 0

        def __getitem__(self, index: int) -> Any:
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0.02)
            self.inside -= 1
            return self.items[index]

    def most_at_once(**options: Any) -> int:
        dataset = Slow([grey(1)] * 4)
        source = wrap_dataset(dataset, **options)
        threads = [threading.Thread(target=source.read, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return dataset.most

    assert most_at_once() == 1
    assert most_at_once(access="concurrent") > 1


def test_fingerprint() -> None:
    def of(levels: list[int], **attributes: Any) -> str:
        return wrap_dataset(Items([grey(level) for level in levels], **attributes)).fingerprint()

    one = of([1, 2, 3])
    assert of([1, 2, 3]) == one
    assert of([1, 2, 4]) != one
    assert of([1, 2]) != one
    assert of([1, 2, 3], classes=["cat"]) != one
    assert of([1, 2, 3], targets=[0, 0, 0]) != of([1, 2, 3], targets=[0, 0, 1])


def test_fingerprint_does_not_depend_on_what_was_read_before() -> None:
    source = wrap_dataset(Items([(grey(1), 4), (grey(2), 5)]))
    before = source.fingerprint()
    assert source.label(1) == 5
    assert source.fingerprint() == before


def test_source_travels_to_other_processes() -> None:
    source = wrap_dataset(Items([(grey(1), 4)]))
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert copy.label(0) == 4
    assert copy.fingerprint() == source.fingerprint()
