"""One switch for all compiled loops, and what it stands at without Numba."""

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from convscope import kernels
from convscope.errors import UsageError
from convscope.kernels import State, switch

needs_numba = pytest.mark.skipif(not switch._there(), reason="Numba is not there to compile loops")


@needs_numba
def test_the_environment_turns_loops_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, found in (("off", "off"), ("on", "on"), ("", "on")):
        monkeypatch.setenv("CONVSCOPE_KERNELS", said)
        assert kernels.state() == found
    monkeypatch.delenv("CONVSCOPE_KERNELS")
    assert kernels.state() == "on"


def test_another_word_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_KERNELS", "no")
    with pytest.raises(UsageError, match="CONVSCOPE_KERNELS=no is not a choice: set it to on or off"):
        kernels.state()


@needs_numba
@pytest.mark.parametrize("said", ["on", "off"])
def test_the_call_wins_over_the_environment(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_KERNELS", said)
    ways: tuple[State, State] = ("on", "off")
    for to in ways:
        with kernels.switched(to):
            assert kernels.state() == to


def test_switches_nest_and_come_back_after_an_error() -> None:
    with kernels.switched("off"):
        with pytest.raises(KeyError), kernels.switched("on"):
            raise KeyError
        assert kernels.state() == "off"


def test_all_threads_see_it() -> None:
    with ThreadPoolExecutor(1) as pool, kernels.switched("off"):
        assert pool.submit(kernels.state).result() == "off"


def test_another_word_in_the_call_is_refused() -> None:
    with pytest.raises(UsageError, match="'on' or 'off'"), kernels.switched("maybe"):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize("error", [ImportError("No module named 'numba'"), OSError("libllvmlite.so does not load")])
def test_without_numba_they_are_off_and_it_is_said_once(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(name: str) -> None:
        raise error

    monkeypatch.setattr(switch.importlib, "import_module", refuse)
    switch._there.cache_clear()
    try:
        with caplog.at_level(logging.WARNING), kernels.switched("on"):
            assert [kernels.state() for _ in range(3)] == ["off"] * 3
        (record,) = caplog.records
        assert str(error) in record.getMessage()
    finally:
        monkeypatch.undo()
        switch._there.cache_clear()


def test_a_process_without_numba_gives_the_same_answer() -> None:
    """Blocked as tests do it: an entry of None in `sys.modules` makes the import fail."""
    program = """
import sys
sys.modules["numba"] = sys.modules["llvmlite"] = None
import torch
from convscope import deconv, kernels
from convscope.graph import Network
torch.manual_seed(0)
module = torch.nn.Sequential(
    torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(8, 16, 3), torch.nn.ReLU()
)
net, images = Network.trace(module.eval(), (3, 20, 20)), torch.randn(2, 3, 20, 20)
with torch.no_grad():
    torch.testing.assert_close(net.run(images)["4"], module(images), rtol=1e-5, atol=1e-5)
assert deconv(net, images, "4:3").pixels.isfinite().all()
print(kernels.state())
"""
    around = {name: value for name, value in os.environ.items() if name != "CONVSCOPE_KERNELS"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False, env=around
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["off"]
    assert done.stderr.count("Numba cannot be imported") == 1
