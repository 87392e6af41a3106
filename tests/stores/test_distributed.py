"""Scans by several processes: the same bytes as by one."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from convscope.errors import UsageError
from convscope.processes import launched, local_device, rank
from convscope.stores.distributed import distributed_scan
from convscope.stores.scan import scan
from tests.methods.scan_fakes import digest
from tests.stores.test_scan_bytes import SOURCE, tiny

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, sys, torch
torch.set_num_threads(1)
from convscope.stores.distributed import distributed_scan
from tests.stores.test_scan_bytes import SOURCE, tiny
told = []
found = distributed_scan(tiny(), SOURCE, store=sys.argv[1], workers=1, progress=lambda *what: told.append(what))
assert found.complete
assert bool(told) == (os.environ["RANK"] == "0")
"""


def test_on_its_own_a_process_scans_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert not launched()
    assert rank() == 0
    assert distributed_scan(tiny(), SOURCE, store=tmp_path / "a", layers=["1.fc"]).complete
    scan(tiny(), SOURCE, store=tmp_path / "b", layers=["1.fc"])
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_a_shard_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="divide it themselves"):
        distributed_scan(tiny(), SOURCE, store=tmp_path, shard=(0, 2))


def test_processes_of_a_machine_have_devices_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert local_device("cuda") == torch.device("cuda:3")
    assert local_device("cpu") == torch.device("cpu")


@pytest.mark.slow
def test_processes_started_together_give_the_bytes_of_one(tmp_path: Path) -> None:
    """Two processes go on from a shard of three."""
    scan(tiny(), SOURCE, workers=1, store=tmp_path / "one")
    scan(tiny(), SOURCE, workers=1, shard=(1, 3), store=tmp_path / "two")
    script = tmp_path / "program.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*command, str(script), str(tmp_path / "two")], cwd=ROOT, timeout=240, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert digest(tmp_path / "two") == digest(tmp_path / "one")
