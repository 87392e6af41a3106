"""A scan's bytes: the same for every batch size, number of workers, split, order of merging and interruption."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from convscope.data import Preprocess
from convscope.errors import StoreError
from convscope.graph import Network
from convscope.methods.scan import run as scan_run
from convscope.models.tiny import random_tiny
from convscope.stores.scan import KeptScan, scan
from tests.methods.scan_fakes import Answers, Numbered, answers, digest

ROOT = Path(__file__).resolve().parents[2]
COUNT = 150
SOURCE = Numbered(
    COUNT, labels=[i % 3 for i in range(COUNT)], classes=("a", "b", "c"), corrupt=frozenset({0, 17, 18, 100, 149})
)


@pytest.fixture(scope="module")
def net() -> Answers:
    made = answers(COUNT, seed=3)
    made.outputs["maps"][40:60, 1, 0] = torch.nan
    made.outputs["maps"][70] *= 1e12
    made.outputs["real"] = torch.randn(COUNT, 6, 5, 5)
    return made


@pytest.fixture(scope="module")
def undisturbed(net: Answers, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("undisturbed")
    scan(net, SOURCE, workers=1, store=folder)
    return digest(folder)


@pytest.fixture
def eager_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is saved after every micro-batch."""
    monkeypatch.setattr(scan_run, "SAVE_EVERY", 0.0)


@pytest.mark.parametrize(("batch", "workers"), [(1, 1), (16, 2), (40, 3), (1000, 2)])
def test_batch_and_workers_do_not_show(
    net: Answers, undisturbed: str, tmp_path: Path, batch: int, workers: int
) -> None:
    scan(net, SOURCE, batch=batch, workers=workers, store=tmp_path)
    assert digest(tmp_path) == undisturbed


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 12])
def test_merged_shards_are_the_whole(net: Answers, undisturbed: str, tmp_path: Path, shards: int) -> None:
    """Twelve shards are more than there are micro-batches: some are empty."""
    parts = [scan(net, SOURCE, shard=(i, shards), workers=1) for i in range(shards)]
    whole = parts[-1]
    for part in parts[:-1]:
        whole = part.merge(whole)
    assert whole.complete
    whole.write(tmp_path)
    assert digest(tmp_path) == undisturbed


def test_shards_may_share_a_store(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    for i in (2, 0, 1):
        scan(net, SOURCE, shard=(i, 3), store=tmp_path)
    KeptScan.load(tmp_path).write(tmp_path)
    assert digest(tmp_path) == undisturbed


def test_shards_may_travel_in_stores_of_their_own(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    for i in range(2):
        scan(net, SOURCE, shard=(i, 2)).write(tmp_path / str(i))
    KeptScan.load(tmp_path / "1").merge(KeptScan.load(tmp_path / "0")).write(tmp_path / "all")
    assert digest(tmp_path / "all") == undisturbed


def test_a_saved_and_loaded_scan_is_the_same(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    scan(net, SOURCE, store=tmp_path / "a")
    KeptScan.load(tmp_path / "a").write(tmp_path / "b")
    assert digest(tmp_path / "b") == undisturbed


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)), grouping=st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_merging_in_any_order_and_grouping(
    net: Answers, undisturbed: str, tmp_path_factory: pytest.TempPathFactory, order: list[int], grouping: list[int]
) -> None:
    parts = [scan(net, SOURCE, shard=(i, 5), workers=1) for i in order]
    for at in grouping:
        at %= len(parts) - 1
        parts[at : at + 2] = [parts[at].merge(parts[at + 1])]
    folder = tmp_path_factory.mktemp("merged")
    parts[0].write(folder)
    assert digest(folder) == undisturbed


def test_merging_leaves_both_as_they_are(net: Answers) -> None:
    one, other = (scan(net, SOURCE, shard=(i, 2)) for i in range(2))
    before = one["maps"].values.copy()
    whole = one.merge(other)
    assert np.array_equal(one["maps"].values, before)
    assert not one.complete
    assert whole.images == one.images + other.images
    assert len(whole.failures) == 5


def test_the_same_images_do_not_merge_twice(net: Answers) -> None:
    part = scan(net, SOURCE, shard=(0, 2))
    with pytest.raises(StoreError, match=r"cover the same images \(5 micro-batches"):
        part.merge(part)


# -- interruptions ----------------------------------------------------------------------------------------------------


class Interrupting(Answers):
    """Raises when it has answered so many times."""

    def __init__(self, net: Answers, calls: int, error: BaseException) -> None:
        super().__init__(net.outputs)
        self.calls, self.error, self.lock = calls, error, threading.Lock()

    def run(self, images: Tensor, layers: object) -> dict[str, Tensor]:
        with self.lock:
            self.calls -= 1
            if self.calls < 0:
                raise self.error
        return super().run(images, layers)  # type: ignore[arg-type]


@pytest.mark.usefixtures("eager_saving")
@pytest.mark.parametrize("error", [RuntimeError("stopped"), KeyboardInterrupt()])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_scan_goes_on_from_what_was_finished(
    net: Answers, undisturbed: str, tmp_path: Path, error: BaseException, workers: int
) -> None:
    for calls in (3, 0, 2, 1):
        with pytest.raises(type(error)):
            scan(Interrupting(net, calls, error), SOURCE, workers=workers, store=tmp_path)
    done: list[int] = []
    found = scan(net, SOURCE, workers=workers, store=tmp_path, progress=lambda _, n, total: done.append(n))
    assert done[0] == 6 * 16  # images that did not have to be looked at again
    assert found.complete
    assert digest(tmp_path) == undisturbed


def test_what_is_finished_is_saved_at_the_end_of_a_broken_run(net: Answers, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stopped"):
        scan(Interrupting(net, 4, RuntimeError("stopped")), SOURCE, workers=1, store=tmp_path)
    assert KeptScan.load(tmp_path).images + len(KeptScan.load(tmp_path).failures) == 4 * 16


@pytest.mark.usefixtures("eager_saving")
def test_an_interrupted_shard_goes_on(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        scan(Interrupting(net, 2, RuntimeError()), SOURCE, workers=1, shard=(1, 2), store=tmp_path)
    for i in (0, 1):
        scan(net, SOURCE, workers=1, shard=(i, 2), store=tmp_path)
    KeptScan.load(tmp_path).write(tmp_path)
    assert digest(tmp_path) == undisturbed


def test_one_process_finishes_what_shards_began(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        scan(Interrupting(net, 2, RuntimeError()), SOURCE, workers=1, shard=(1, 3), store=tmp_path)
    scan(net, SOURCE, workers=1, shard=(2, 3), store=tmp_path)
    scan(net, SOURCE, workers=1, store=tmp_path)
    assert digest(tmp_path) == undisturbed


@pytest.mark.parametrize(("first", "second"), [(2, 3), (4, 2), (3, 4), (2, 12)])
def test_another_split_goes_on_from_what_shards_began(
    net: Answers, undisturbed: str, tmp_path: Path, first: int, second: int
) -> None:
    scan(net, SOURCE, shard=(1, first), store=tmp_path)
    with pytest.raises(RuntimeError):
        scan(Interrupting(net, 1, RuntimeError()), SOURCE, workers=1, shard=(0, first), store=tmp_path)
    begun = KeptScan.load(tmp_path)
    images = sum(scan(net, SOURCE, shard=(i, second), store=tmp_path).images for i in range(second))
    assert images <= COUNT - len(SOURCE.corrupt)
    whole = KeptScan.load(tmp_path)
    assert begun.images < whole.images
    whole.write(tmp_path)
    assert digest(tmp_path) == undisturbed


def test_another_split_does_not_look_again(net: Answers, tmp_path: Path) -> None:
    scan(net, SOURCE, shard=(0, 2), store=tmp_path)
    looked = [scan(net, SOURCE, shard=(i, 4), store=tmp_path) for i in (1, 2, 3)]
    assert [len(part.failures) + part.images for part in looked] == [2 * 16 + 6, 0, 2 * 16]


def test_a_finished_scan_is_not_repeated(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    scan(net, SOURCE, store=tmp_path)
    broken = Interrupting(net, 0, RuntimeError("asked again"))
    assert scan(broken, SOURCE, store=tmp_path).complete
    assert scan(broken, SOURCE, shard=(1, 2), store=tmp_path).complete
    assert digest(tmp_path) == undisturbed


@pytest.mark.usefixtures("eager_saving")
def test_a_finished_shard_is_not_repeated(net: Answers, tmp_path: Path) -> None:
    first = scan(net, SOURCE, shard=(1, 2), store=tmp_path)
    before = digest(tmp_path)
    again = scan(Interrupting(net, 0, RuntimeError("asked again")), SOURCE, shard=(1, 2), store=tmp_path)
    assert again.images == first.images
    assert digest(tmp_path) == before


def test_parts_left_over_by_a_kill_while_finishing_are_removed(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    scan(net, SOURCE, shard=(0, 2), store=tmp_path / "shard")
    scan(net, SOURCE, store=tmp_path / "all")
    (tmp_path / "shard" / "parts").rename(tmp_path / "all" / "parts")
    scan(net, SOURCE, store=tmp_path / "all")
    assert digest(tmp_path / "all") == undisturbed


def test_parts_that_a_larger_one_covers_do_not_count_twice(net: Answers, undisturbed: str, tmp_path: Path) -> None:
    """As left by a kill between writing a merged part and removing those it was made of."""
    for i in (0, 1):
        scan(net, SOURCE, shard=(i, 3), store=tmp_path / "kept")
    KeptScan.load(tmp_path / "kept").write(tmp_path / "merged")
    for path in (tmp_path / "merged" / "parts").iterdir():
        path.rename(tmp_path / "kept" / "parts" / path.name)
    scan(net, SOURCE, shard=(2, 3), store=tmp_path / "kept")
    KeptScan.load(tmp_path / "kept").write(tmp_path / "kept")
    assert digest(tmp_path / "kept") == undisturbed


KILLED = """
import os, signal, sys, torch
torch.set_num_threads(1)
from convscope.methods.scan import run as scan_run
from tests.stores import test_scan_bytes as t
scan_run.SAVE_EVERY, folder, calls, real = 0.0, sys.argv[1], int(sys.argv[2]), os.fsync
def fsync(handle):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
t.scan(t.tiny(), t.SOURCE, workers=2, batch=16, store=folder)
"""


def tiny() -> Network:
    module = nn.Sequential(nn.Upsample(scale_factor=4), random_tiny())
    return Network.trace(module, (3, 4, 4), preprocess=Preprocess(4, 4))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_a_killed_process_loses_only_what_was_not_saved(tmp_path: Path) -> None:
    """Killed while writing its first part, and, going on, its second."""
    scan(tiny(), SOURCE, workers=1, store=tmp_path / "undisturbed")
    store = tmp_path / "killed"
    for calls in (0, 2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(store), str(calls)], cwd=ROOT, timeout=240)
        assert done.returncode == -signal.SIGKILL
        assert list((store / "parts").glob(".*.part"))
    saved = KeptScan.load(store)
    assert 0 < saved.images < COUNT - len(SOURCE.corrupt)
    looked: list[int] = []
    scan(tiny(), SOURCE, workers=2, store=store, progress=lambda _, done, total: looked.append(done))
    assert looked[0] == saved.images + len(saved.failures)
    assert digest(store) == digest(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_a_process_killed_while_writing_the_result_loses_nothing(tmp_path: Path) -> None:
    scan(tiny(), SOURCE, workers=1, store=tmp_path / "undisturbed")
    for i in range(3):
        scan(tiny(), SOURCE, workers=1, shard=(i, 3), store=tmp_path / "killed")
    # All shards are done, so that only the finished files are written: a layer and its folder, then a layer.
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "killed"), "2"], cwd=ROOT, timeout=240)
    assert done.returncode == -signal.SIGKILL
    assert KeptScan.load(tmp_path / "killed").complete
    scan(tiny(), SOURCE, store=tmp_path / "killed")
    assert digest(tmp_path / "killed") == digest(tmp_path / "undisturbed")


# -- real networks ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18"])
def test_a_real_networks_bytes_do_not_depend_on_the_split(torchvision, name: str, tmp_path: Path) -> None:
    """With convolution kernels that round differently for other batch sizes."""
    torch.manual_seed(0)
    module = getattr(torchvision.models, name)(weights=None)
    size = 64
    net = Network.trace(module, (3, size, size), preprocess=Preprocess(size, size))
    pixels = np.random.default_rng(0).integers(0, 256, (70, size, size, 3), dtype=np.uint8)
    layers = [layer.name for layer in net.layers if layer.op in ("conv2d", "linear")]
    scan(net, list(pixels), layers=layers, workers=1, batch=16, store=tmp_path / "one")
    scan(net, list(pixels), layers=layers, workers=2, batch=100, store=tmp_path / "two")
    parts = [scan(net, list(pixels), layers=layers, shard=(i, 3), workers=1) for i in range(3)]
    parts[2].merge(parts[0]).merge(parts[1]).write(tmp_path / "three")
    assert digest(tmp_path / "one") == digest(tmp_path / "two") == digest(tmp_path / "three")
