"""The page "Add a method" says what works: its four files, run as they stand there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import convscope
from convscope.cli.options import Common
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "adding.md"


def blocks() -> dict[str, str]:
    """The code of each file that the page shows, by its path."""
    found = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL):
        path, _, rest = code.partition("\n")
        found[path.removeprefix("# ")] = rest
    return found


def module_name(path: str) -> str:
    return path.removeprefix("src/").removesuffix(".py").replace("/", ".")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The page's modules, as if they stood in the tree."""
    made = {}
    for path, code in blocks().items():
        module = ModuleType(module_name(path))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(code, path, "exec"), module.__dict__)
        made[path] = module
        if path.startswith("src/convscope/studies"):
            monkeypatch.setattr(convscope, "magnitude", module.magnitude, raising=False)
    return made


def test_the_tests_of_the_page_pass(added: dict[str, ModuleType]) -> None:
    tests = added["tests/methods/test_magnitude.py"]
    names = [name for name in vars(tests) if name.startswith("test_")]
    assert len(names) == 2
    for name in names:
        vars(tests)[name]()


def test_the_command_of_the_page_writes_what_it_says(
    added: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    command = added["src/convscope/cli/magnitude.py"].magnitude
    command("zoo:tiny", str(tmp_path), layer="relu1", store=tmp_path / "out", common=Common(quiet=True))
    assert "relu1 takes most of" in capsys.readouterr().out
    assert len((tmp_path / "out" / "magnitude.csv").read_text().splitlines()) == 4
    with Image.open(tmp_path / "out" / "magnitude.png") as picture:
        assert picture.size == (96, 32)
    again = added["src/convscope/studies/magnitude.py"].Magnitude.load(tmp_path / "out")
    assert again.maps.shape == (3, 32, 32)
    assert [row["image"] for row in again.rows()] == ["0.png", "1.png", "2.png"]


def test_the_lines_are_as_counted() -> None:
    counted = dict(re.findall(r"\| `([^`]+\.py)` \| .* \| (\d+) \|", PAGE.read_text("utf-8")))
    assert counted == {path: str(len(code.rstrip().splitlines())) for path, code in blocks().items()}
