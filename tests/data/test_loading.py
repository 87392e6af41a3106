"""Batches: in order, complete, the same for any number of threads, and honest about what could not be read."""

import gc
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.data import Batch, Failure, Preprocess, batches, decode, load_image, open_source, subset
from convscope.errors import ImageError, UsageError
from tests.data.making import colour_file, encoded, smooth

RECIPE = Preprocess(20, 24, resize=28)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eleven files of several formats and sizes in two classes, of which three cannot be read."""
    (tmp_path / "cat").mkdir()
    (tmp_path / "dog").mkdir()
    for number in range(11):
        form = ("JPEG", "PNG", "WEBP")[number % 3]
        data = encoded(smooth(30 + number, 50 - number, seed=number), form)
        if number == 4:
            data = data[: len(data) // 2]
        if number == 5:
            data = b"no image"
        name = f"{'cat' if number < 6 else 'dog'}/{number}.{form.lower().replace('jpeg', 'jpg')}"
        (tmp_path / name).write_bytes(data)
    (tmp_path / "dog" / "10.png").unlink()
    (tmp_path / "dog" / "10.png").symlink_to(tmp_path / "gone.png")
    return tmp_path


def decoding_threads() -> int:
    return sum(thread.name.startswith("convscope-ahead") for thread in threading.enumerate())


def test_batches_hold_each_image_once_in_order(photos: Path) -> None:
    source = open_source(photos)
    found = list(batches(source, RECIPE, size=4))
    assert [batch.indices.tolist() for batch in found] == [[0, 1, 2, 3], [6, 7], [8, 9]]
    assert [batch.labels.tolist() for batch in found] == [[0, 0, 0, 0], [1, 1], [1, 1]]
    for batch in found:
        assert batch.images.dtype == torch.uint8
        assert batch.images.shape == (len(batch), 3, 20, 24)
        assert batch.indices.dtype == batch.labels.dtype == np.int64
        for index, image in zip(batch.indices, batch.images, strict=True):
            expected = RECIPE.crop(decode(source.read(int(index))))
            assert np.array_equal(image.permute(1, 2, 0).numpy(), expected)


def test_failures_are_recorded_in_their_batch(photos: Path) -> None:
    found = list(batches(open_source(photos), RECIPE, size=4))
    assert found[0].failures == ()
    truncated, no_image = found[1].failures
    assert (truncated.index, truncated.name) == (4, "cat/4.png")
    assert "truncated" in truncated.reason
    assert no_image == Failure(5, "cat/5.webp", 'not an image in a known format (it begins with the text "no image")')
    assert [(failure.index, failure.reason) for failure in found[2].failures] == [
        (10, "the file cannot be read: No such file or directory")
    ]


def same(one: Batch, other: Batch) -> bool:
    return (
        np.array_equal(one.indices, other.indices)
        and torch.equal(one.images, other.images)
        and np.array_equal(one.labels, other.labels)
        and one.failures == other.failures
    )


@pytest.mark.parametrize(("threads", "ahead"), [(1, 1), (2, 4), (5, 1), (3, 50)])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_threads_change_nothing(photos: Path, threads: int, ahead: int, size: int) -> None:
    source = open_source(photos)
    expected = list(batches(source, RECIPE, size=size, threads=0))
    found = list(batches(source, RECIPE, size=size, threads=threads, ahead=ahead))
    assert len(found) == len(expected)
    assert all(map(same, found, expected))


def test_indices_choose_and_order(photos: Path) -> None:
    source = open_source(photos)
    for indices in ([9, 0, 4, 0], np.array([9, 0, 4, 0]), iter_range := range(9, -1, -9)):
        batch = next(iter(batches(source, RECIPE, indices=indices)))
        assert batch.indices.tolist() == [index for index in indices if index != 4]
    assert list(iter_range) == [9, 0]
    assert list(batches(source, RECIPE, indices=[])) == []


def test_batch_of_failures_alone_is_empty(photos: Path) -> None:
    (batch,) = batches(open_source(photos), RECIPE, indices=[4, 5])
    assert len(batch) == 0
    assert batch.images.shape == (0, 3, 20, 24)
    assert len(batch.failures) == 2


def test_earlier_batches_never_change(photos: Path) -> None:
    copies = [(batch, batch.images.clone()) for batch in batches(open_source(photos), RECIPE, size=2)]
    assert all(torch.equal(batch.images, copy) for batch, copy in copies)


def test_images_are_channels_last(photos: Path) -> None:
    batch = next(iter(batches(open_source(photos), RECIPE)))
    assert batch.images.is_contiguous(memory_format=torch.channels_last)


class Watched:
    """A source that tells how many images were read, and how many threads were reading."""

    kind = "watched"
    classes = ()

    def __init__(self, count: int, *, wait: float = 0.0) -> None:
        self.count, self.wait, self.reads = count, wait, 0
        self.names: set[str] = set()

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        return str(index)

    def label(self, index: int) -> int:
        return -1

    def read(self, index: int) -> np.ndarray:
        self.reads += 1
        self.names.add(threading.current_thread().name)
        time.sleep(self.wait)
        return np.full((30, 30, 3), index % 256, np.uint8)

    def fingerprint(self) -> str:
        return ""

    def describe(self) -> str:
        return f"{self.count} images"


def test_queue_is_bounded() -> None:
    source = Watched(1000)
    stream = batches(source, RECIPE, size=4, threads=2, ahead=3)
    next(stream)
    # The batch in use and three ahead of it, however long we wait.
    deadline = time.monotonic() + 20
    while source.reads < 16 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert source.reads == 16
    stream.close()


def test_threads_are_used_and_end() -> None:
    source = Watched(64, wait=0.01)
    before = decoding_threads()
    assert sum(len(batch) for batch in batches(source, RECIPE, size=8, threads=3)) == 64
    assert len(source.names) == 3
    assert all(name.startswith("convscope-ahead") for name in source.names)
    assert decoding_threads() == before


@pytest.mark.parametrize("way", ["close", "forget", "interrupt"])
def test_threads_end_when_the_consumer_stops(way: str) -> None:
    source = Watched(1000, wait=0.002)
    stream = batches(source, RECIPE, size=4, threads=2, ahead=100)
    next(stream)
    assert decoding_threads() == 2
    if way == "close":
        stream.close()
    elif way == "forget":
        del stream
        gc.collect()
    else:
        with pytest.raises(KeyboardInterrupt):
            stream.throw(KeyboardInterrupt)
    assert decoding_threads() == 0
    assert source.reads < 100


def test_interrupt_while_waiting_for_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Future

    source = Watched(1000, wait=0.002)
    stream = batches(source, RECIPE, size=4, threads=2)
    next(stream)

    def interrupted(self: Future, timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert decoding_threads() == 0


def test_nothing_starts_before_it_is_asked_for() -> None:
    source = Watched(10)
    batches(source, RECIPE)
    assert source.reads == 0
    assert decoding_threads() == 0


def test_other_errors_are_not_swallowed() -> None:
    class Broken(Watched):
        def read(self, index: int) -> np.ndarray:
            if index == 9:
                raise ZeroDivisionError
            return super().read(index)

    for threads in (0, 2):
        with pytest.raises(ZeroDivisionError):
            list(batches(Broken(20), RECIPE, size=4, threads=threads))
        assert decoding_threads() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "at least 1"),
        ({"threads": -1}, "0 or more"),
        ({"ahead": 0}, "at least 1"),
        ({"indices": [0, 11]}, "there is no image 11: 11 images in"),
        ({"indices": [-1]}, "there is no image -1"),
        ({"decoding": "half"}, "unknown decoding 'half'"),
    ],
)
def test_arguments_are_checked_at_once(photos: Path, options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        batches(open_source(photos), RECIPE, **options)


def test_a_spelling_is_opened(photos: Path) -> None:
    (batch,) = batches(str(photos), RECIPE, indices=[0, 1])
    assert batch.indices.tolist() == [0, 1]


def test_limit_on_pixels(photos: Path) -> None:
    (batch,) = batches(open_source(photos, max_pixels=30 * 50), RECIPE, indices=[0, 1])
    assert batch.indices.tolist() == [0]
    assert "limit of 1500" in batch.failures[0].reason


def test_reduced_decoding(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(smooth(400, 600), quality=95))
    source = open_source(tmp_path)
    recipe = Preprocess(40, 40, resize=48)
    full, reduced = (next(iter(batches(source, recipe, decoding=way))).images for way in ("full", "reduced"))
    assert full.shape == reduced.shape
    difference = (full.int() - reduced.int()).abs()
    assert 0 < difference.max() < 20
    # The same as decoding at the smallest size of at least 48 pixels and resizing that.
    assert np.array_equal(reduced[0].permute(1, 2, 0).numpy(), recipe.crop(decode(source.read(0), at_least=48)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_pinned_memory(photos: Path) -> None:
    batch = next(iter(batches(open_source(photos), RECIPE, memory="pinned", size=4)))
    assert batch.images.is_pinned()
    assert torch.equal(batch.images.cuda(non_blocking=True).cpu(), batch.images)


def test_one_image(photos: Path) -> None:
    source = open_source(photos)
    assert load_image(source, 0).shape == (30, 50, 3)
    assert np.array_equal(load_image(source, 0, RECIPE), RECIPE.crop(load_image(source, 0)))
    with pytest.raises(ImageError, match="known format"):
        load_image(source, 5)


def test_batches_of_a_part(tmp_path: Path) -> None:
    for level in (10, 20, 30):
        colour_file(tmp_path / f"{level}.png", level)
    part = subset(open_source(tmp_path), [2, 0])
    (batch,) = batches(part, Preprocess(4, 4))
    assert batch.indices.tolist() == [0, 1]
    assert batch.images[:, 0, 0, 0].tolist() == [30, 10]
