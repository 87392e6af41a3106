"""Every method on a device that is not the CPU gives what it gives on the CPU, and asks the device seldom.

On any machine on a pretended one, and on CUDA where there is some. A process can have one pretended device, and has it
to its end: so the cases run in a process of their own, all of a kind in one.
"""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
import torch

from tests.conftest import ROOT
from tests.devices import pretended
from tests.devices.cases import ALL, LONG, VERBS

DEVICES = (
    "pretended",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")),
)


@cache
def answers(device: str, names: tuple[str, ...]) -> dict[str, Any]:
    """What came of the cases, by their names."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.devices.cases", device, *names],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return {one["case"]: one for one in map(json.loads, done.stdout.splitlines())}


def case(device: str, name: str) -> dict[str, Any]:
    """What came of one, asked together with all that are as short or as long."""
    if device == "pretended" and not pretended.POSSIBLE:
        pytest.skip("this release of torch makes no devices in Python")
    return answers(device, tuple(one for one in ALL if (one in LONG) == (name in LONG)))[name]


CASES = [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in ALL[1:]]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CASES)
def test_a_device_gives_what_the_cpu_gives(name: str, device: str) -> None:
    found = case(device, name)
    assert "error" not in found, found["error"] + "\n" + "\n".join(found["trace"])
    bound = 1e-10 if name.startswith("net:") else 1e-6  # networks in float64; verbs ask one in float32
    if device == "cuda":
        bound = 1e-8 if name.startswith("net:") else 1e-4  # sums in another order, convolutions by other algorithms
    assert found["apart"] <= bound, found["where"]


# Copies to and from the device in a whole answer about eight pictures, or about one network's layers: once a batch
# (scan, evaluate), once a layer (what is carried back), once an image (causes, effects). Weights are read once, one by
# one (32 in this network). The solver of transfer's classifiers asks for its loss at every step of a line search.
MOST: dict[str, tuple[int, int]] = {
    "scan": (2, 34), "evaluate": (1, 1), "deconv": (48, 40), "deconv gradient": (40, 17), "deconv guided": (40, 17),
    "occlude": (120, 28), "correspond": (23, 15), "causes": (93, 88), "effects": (20, 18), "effects mean": (20, 18),
    "diagnose": (24, 10), "train": (26, 58), "atlas": (370, 62), "chosen": (43, 15), "overlap": (0, 0),
    "sanity": (500, 150), "evolve": (100, 85), "check": (370, 165), "paper": (460, 240),
}  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.slow) if one in LONG else one for one in MOST])
def test_a_device_is_not_asked_more_often_than_needed(name: str) -> None:
    found, (up, down) = case("pretended", name), MOST[name]
    assert found["up"] <= up, found["most"]
    assert found["down"] <= down, found["most"]


def test_a_scan_asks_once_a_batch_however_many_layers() -> None:
    (asked,) = [one for one in case("pretended", "scan")["most"] if one[1].startswith("kernels/reduction.py")]
    assert asked[0] == "down"
    assert asked[2] == 1


@pytest.mark.parametrize("device", DEVICES)
def test_the_device_refuses_what_cuda_refuses(device: str) -> None:
    assert case(device, "refused")["refused"] == [
        "numpy", "asarray", "mixed", "mixed cat", "mixed weights", "generator", "in place",
        "does index", "does scalar", "does copy",
    ]  # fmt: skip


def test_every_verb_is_asked_on_a_device() -> None:
    from tests.studies.test_round_trips import VERBS as ANSWERED

    verbs = {name.partition(" ")[0] for name in ANSWERED} - {"verify"}  # which reads files
    assert verbs <= {name.partition(" ")[0] for name in VERBS}
