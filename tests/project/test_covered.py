"""Lines that tests run are counted, in one process and in several, and too few of them fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOME = "tests/data/test_decoding.py"


def counted(*options: str) -> tuple[int, dict[str, float]]:
    """The exit code of some tests, and the percent of each room's lines that they ran."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SOME, *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=200)
    rows = re.findall(r"^(\w+) +\d+ of +\d+ +([\d.]+) %$", ran.stdout, re.MULTILINE)
    return ran.returncode, {room: float(percent) for room, percent in rows}


def test_lines_are_counted_in_one_process_and_in_several_and_too_few_fail() -> None:
    code, alone = counted("--covered", "60", "-n", "0")
    assert code == 1
    assert 1 < alone["all"] < 60
    assert alone["data"] > alone["cli"]
    code, together = counted("--covered", "1", "-n", "2")
    assert code == 0
    assert together == pytest.approx(alone, abs=1)  # caches are met empty by each process


def test_nothing_is_counted_unless_asked() -> None:
    assert counted() == (0, {})
