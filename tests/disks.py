"""Disks that are soon full: real ones where this process may mount them, as in a container."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, kibibytes: int) -> Iterator[Path]:
    """A folder on a disk of that size; skips where none can be mounted."""
    place.mkdir(parents=True)
    if not sys.platform.startswith("linux"):
        pytest.skip("small disks are mounted as Linux has them")
    asked = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(place)]
    try:
        subprocess.run(asked, check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=20)
