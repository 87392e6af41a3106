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


def said_by_checker(*options: str) -> dict[str, Any]:
    """What basedpyright says."""
    tool = shutil.which("basedpyright", path=Path(sys.executable).parent)
    if tool is None:
        pytest.skip("basedpyright is not installed")
    # It asks the interpreter on PATH where packages are.
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [tool, "--outputjson", *options]
    said = subprocess.run(command, capture_output=True, text=True, env=place, check=False, timeout=250).stdout
    return json.loads(said[said.index("{") :])


@pytest.fixture(scope="module")
def symbols() -> list[dict[str, Any]]:
    """What basedpyright says of every symbol of the package."""
    return said_by_checker("--ignoreexternal", "--verifytypes", "convscope")["typeCompleteness"]["symbols"]


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


@pytest.mark.slow
def test_colours_of_a_recipe_are_one_number_or_several(tmp_path: Path) -> None:
    file = tmp_path / "asked.py"
    file.write_text(
        "import convscope as cs\n"
        "one = cs.Preprocess(8, 8, mean=0.25, std=0.5, bands=1)\n"
        "more = cs.Preprocess(8, 8, mean=[0.1, 0.2, 0.3], range=[0, 4095])\n"
        "kept: tuple[float, ...] = one.mean\n"
    )
    assert [one["message"] for one in said_by_checker(str(file))["generalDiagnostics"]] == []
