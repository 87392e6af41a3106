"""The page about one's own network, typed in from top to bottom: every file, every line of Python and of the shell."""

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import convscope as cs
from convscope.cli import main
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "own-network.md").read_text().partition("## What an output means")[0]
STEP = re.compile(
    r"^```python\n(?P<code>.*?)^```|^ {4}(?P<line>(?:python|convscope) [^\n]*)$", re.MULTILINE | re.DOTALL
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, whose modules are forgotten afterwards."""
    for package in ("sklearn", "tifffile", "pandas"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("nets", "land"):
        sys.modules.pop(name, None)


def steps() -> Iterator[tuple[str, str]]:
    """What there is to do, in order: ("file", its text), ("python", code) or a program and its arguments."""
    for found in STEP.finditer(PAGE):
        if found["code"] is not None:
            yield ("file" if found["code"].startswith("# ") else "python"), found["code"]
        else:
            program, _, rest = re.sub(r"\s#.*", "", found["line"]).partition(" ")
            yield f"{program} line", rest


def typed(kind: str, text: str) -> int:
    """Do a step as a person would; the exit code."""
    if kind == "file":
        name = text.partition("\n")[0].removeprefix("# ")
        Path(name).write_text(text)
    elif kind == "python":
        exec(compile(text, "own-network.md", "exec"), {})
    elif kind == "python line":
        runpy.run_path(text, run_name="__main__")
    else:
        return main([*shlex.split(text), "--quiet"])
    return 0


def test_the_page_works_as_it_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: dict[str, str] = {}
    kinds = []
    for kind, text in steps():
        code = typed(kind, text)
        out, err = capsys.readouterr()
        assert code == 0, f"{text}\n{err}"
        said[text] = out
        kinds.append(kind)
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "file": 5, "python": 1, "python line": 4, "convscope line": 10,
    }  # fmt: skip
    # The grey network is as good as it was trained to be, from whatever file.
    accuracies = [re.search(r"top-1 (\d+)", out) for out in said.values()]
    measured = [int(found[1]) for found in accuracies if found is not None]
    assert len(measured) == 4
    assert min(measured) >= 80
    assert "weights  " in said["layers last.ckpt"]
    assert "an optimiser's numbers" in said["layers last.ckpt"]
    grey, bands = cs.Atlas.open("atlas"), cs.Atlas.open("land-atlas")
    assert (grey.manifest["model"]["input"], bands.manifest["model"]["input"]) == ([1, 8, 8], [5, 16, 16])
    assert bands.manifest["model"]["shown"] == [5, 4, 2]
    assert said[next(text for text in said if "cs.load" in text)].endswith("unchanged\n")
    wrong = cs.open_source("list:evaluation/misclassified.csv")
    assert len(wrong) == len((folder / "evaluation" / "misclassified.csv").read_text().splitlines()) - 1
