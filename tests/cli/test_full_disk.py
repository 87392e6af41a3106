"""Commands on a disk that fills up: one message, exit code 5, nothing half written, and more room is all they need."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import RECIPE, write_images
from tests.conftest import ROOT
from tests.disks import small_disk

# A process of its own: what a full disk does to a memory map ends it with a signal.
pytestmark = pytest.mark.slow


def run(*tokens: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "convscope", *map(str, tokens)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)


def refused(done: subprocess.CompletedProcess[str], place: Path) -> None:
    assert (done.returncode, "Traceback" in done.stderr) == (5, False), done.stderr
    assert "the disk is full" in done.stderr
    assert "free some" in done.stderr
    assert str(place) in done.stderr


def test_a_cache_of_crops(tmp_path: Path) -> None:
    images = write_images(tmp_path / "images", 60)
    with small_disk(tmp_path / "disk", 96) as disk:
        refused(run("scan", "zoo:tiny", images, "-o", tmp_path / "scan", "--cache", disk), disk)
        assert not list(disk.glob(".*.part"))
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert run("scan", "zoo:tiny", images, "-o", tmp_path / "scan", "--cache", disk).returncode == 0


def test_kept_features(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    images = write_images(tmp_path / "images", 60)
    protocol = ["--per-class", 5, "--folds", 1, "--classifiers", "svm", "--layers", "conv1,fc", "--c", "1"]
    with small_disk(tmp_path / "disk", 128) as disk:
        refused(run("transfer", "zoo:tiny", images, "-o", tmp_path / "out", "--feature-store", disk, *protocol), disk)


def test_a_training(tmp_path: Path) -> None:
    images = write_images(tmp_path / "images", 12)
    (tmp_path / "quick.toml").write_text(RECIPE)
    with small_disk(tmp_path / "disk", 64) as disk:
        refused(run("train", tmp_path / "quick.toml", images, "--hold-out", 0.3, "-o", disk / "run"), disk)
        assert not list(disk.rglob(".*.part"))


def test_pictures_of_projections(tmp_path: Path) -> None:
    images = write_images(tmp_path / "images", 4, size=200)
    with small_disk(tmp_path / "disk", 16) as disk:
        units = [token for channel in range(6) for token in ("-u", f"block2.relu2:{channel}")]
        done = run("deconv", "zoo:tiny", images, *units, "-o", disk / "out")
        made = list(disk.rglob("*.png"))
        assert made
        assert all(path.stat().st_size for path in made)
        assert not list(disk.rglob(".*.part"))
        refused(done, disk)
