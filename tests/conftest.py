"""What every test shares: one thread, fixed seeds, the development images, torchvision beside CPU-only torch."""

import gc
import importlib
import importlib.util
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from benchmarks._torchvision import torchvision_module
from tests.covered import Covered

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--without numba`: as where neither it nor llvmlite is; `--covered 90`: counts the lines that run."""
    parser.addoption("--without", choices=("numba",), help="run as if this package were not installed")
    parser.addoption(
        "--covered", type=float, metavar="PERCENT", help="count the lines of convscope that tests run; fail below this"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Makes the import of what is to be missing fail: for this process, not for those that tests start.

    And gives the tests, and all processes that they start, a cache of traced networks of their own, which is empty.
    """
    if importlib.util.find_spec("hypothesis"):  # a test fails for what is wrong, and not because a machine is busy
        from hypothesis import HealthCheck, settings

        settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
        settings.load_profile("busy")
    if config.getoption("--covered") is not None:
        config.pluginmanager.register(Covered(least=config.getoption("--covered")))
    if config.getoption("--without") == "numba":
        sys.modules["numba"] = sys.modules["llvmlite"] = None  # type: ignore[assignment]
        # Examples of the modules that are nothing without it.
        config.option.ignore_glob = [*(config.option.ignore_glob or ()), "*/kernels/loops/*"]
    if not hasattr(config, "workerinput"):  # a worker of xdist has that of the process that started it
        os.environ["CONVSCOPE_CACHE"] = cache = tempfile.mkdtemp(prefix="convscope-tests-")
        config.add_cleanup(lambda: shutil.rmtree(cache, ignore_errors=True))


def pytest_collection_finish() -> None:
    """The garbage collector looks less often, and not at what was imported: tracing makes garbage all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Sums have one order, and xdist's workers do not fight for cores."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seeds() -> None:
    """Every test starts from the same random state, whichever ran before it."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made and not drawn, which takes most of the time: for what is not about their pixels."""
    monkeypatch.setattr("convscope.figures.style.rendered", lambda *_: b"picture")


@pytest.fixture
def always_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that are loaded are traced, not taken from the cache of those that were."""
    monkeypatch.setenv("CONVSCOPE_CACHE", "off")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of development images, which is not part of the repository; skips where there is none."""
    folder = Path(os.environ.get("CONVSCOPE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no development images at {folder}: set CONVSCOPE_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def torchvision() -> ModuleType:
    """torchvision with its models; skips where it is not installed."""
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    module = torchvision_module()
    importlib.import_module("torchvision.models")
    return module


@pytest.fixture(scope="session")
def timm(torchvision: ModuleType) -> ModuleType:
    """timm, which imports torchvision; skips where either is not installed."""
    if importlib.util.find_spec("timm") is None:
        pytest.skip("timm is not installed")
    return importlib.import_module("timm")
