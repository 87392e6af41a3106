"""The public names are fully typed, as a type checker sees them from outside."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import convscope as cs


@pytest.fixture(scope="module")
def symbols() -> list[dict[str, Any]]:
    """What basedpyright says of every symbol of the package."""
    tool = shutil.which("basedpyright", path=Path(sys.executable).parent)
    if tool is None:
        pytest.skip("basedpyright is not installed")
    # It asks the interpreter on PATH where packages are.
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [tool, "--outputjson", "--ignoreexternal", "--verifytypes", "convscope"]
    said = subprocess.run(command, capture_output=True, text=True, env=place, check=False, timeout=250).stdout
    return json.loads(said[said.index("{") :])["typeCompleteness"]["symbols"]


def public(name: str) -> bool:
    """Whether a symbol is a public name, or a member of one."""
    parts = name.split(".")
    return parts[0] == "convscope" and len(parts) > 1 and parts[1] in cs.__all__


def test_every_public_name_is_looked_at(symbols: list[dict[str, Any]]) -> None:
    assert {f"convscope.{name}" for name in cs.__all__ if name != "__version__"} - {
        one["name"] for one in symbols
    } == set()


def test_every_public_name_is_fully_typed(symbols: list[dict[str, Any]]) -> None:
    unknown = {
        one["name"]: [said["message"] for said in one["diagnostics"]]
        for one in symbols
        if public(one["name"]) and one["isExported"] and not one["isTypeKnown"]
    }
    assert unknown == {}
