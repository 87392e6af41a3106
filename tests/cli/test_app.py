"""From the command line to an exit code, with commands that only fail."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from cyclopts import App

import convscope
from convscope.cli import app
from convscope.errors import StoreError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a command line whose `scan` raises the given error."""

    def go(error: BaseException, *tokens: str) -> int:
        def scan(*, debug: bool = False) -> None:
            raise error

        def other(*, debug: bool = False) -> None:
            raise error

        application = App(suppress_keyboard_interrupt=False)
        application.command(scan)
        application.command(other)
        monkeypatch.setattr(app, "application", application)
        return app.main(tokens or ["scan"])

    return go


def test_our_error_is_one_line_and_its_exit_code(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(StoreError("the folder 'out' holds another model")) == 5
    assert capsys.readouterr() == ("", "convscope: the folder 'out' holds another model\n")


def test_debug_shows_where_an_error_came_from(run: Callable[..., int]) -> None:
    with pytest.raises(StoreError):
        run(StoreError("x"), "scan", "--debug")


def test_unforeseen_error_is_not_hidden(run: Callable[..., int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError("a bug"))


def test_interrupt_says_how_to_go_on(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == (
        "convscope: interrupted; finished parts are kept: run the same command again to go on\n"
    )


def test_interrupt_promises_nothing_where_nothing_is_kept(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(KeyboardInterrupt(), "other") == 130
    assert capsys.readouterr().err == "convscope: interrupted\n"


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["lay"], 'Unknown command "lay". Did you mean "layers"?'),
        (["layers"], "layers needs MODEL: zoo:NAME torchvision:NAME"),
        (["scan", "m", "i"], "scan needs --store or -o: folder for the result"),
        (["evaluate", "m"], "evaluate needs IMAGES: a folder, or"),
        (["scan", "m", "i", "-o"], 'Command "scan" parameter -o requires an argument.'),
        (["deconv", "m", "i", "-o", "x"], "deconv needs --units or -u"),
        (["scan", "m", "i", "-o", "x", "-k", "nine"], 'Invalid value for -k: unable to convert "nine" into int.'),
        (["layers", "m", "--inputsize", "3"], "there is no option --inputsize; did you mean --input-size?"),
        (["deconv", "m", "i", "-u", "a:1", "-o", "x", "--rule", "foo"], 'Invalid value "foo" for --rule.'),
    ],
)
def test_misuse_is_named_and_points_to_help(
    tokens: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(tokens) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"convscope: {message}")
    assert "--help' for what is understood" in err
    assert "Traceback" not in err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--version"]) == 0
    assert capsys.readouterr().out == f"{convscope.__version__}\n"


@pytest.mark.parametrize("command", ["atlas", "layers", "deconv", "scan", "merge"])
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"convscope {command} " in shown.split("Usage:")[1].partition("\n")[2], "an example"
    for option in ("--json", "--quiet", "--debug"):
        assert option in shown


@pytest.mark.parametrize(
    "command", ["overlap", "verify", "merge", "annotate", "atlas export", "atlas attach", "evolve", "train"]
)
def test_a_seed_is_offered_where_something_is_random(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main([*command.split(), "--help"]) == 0
    assert ("--seed" in capsys.readouterr().out) == (command in ("evolve", "train"))


def test_no_command_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main([]) == 0
    assert "Exit codes" in capsys.readouterr().out


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys; from convscope.cli import main; main(['--help']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        process = subprocess.run(
            [sys.executable, "-m", "convscope", "layers", "zoo:tiny"],
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 141
    assert process.stderr == ""


def test_only_near_options_are_suggested(convscope: Callable) -> None:
    far, near = (
        convscope("scan", "zoo:tiny", "samples:", "-o", "out", *more) for more in (("--topk", 5), ("--stor", 1))
    )
    assert (far.code, near.code) == (2, 2)
    assert far.err.splitlines()[0] == "convscope: there is no option --topk"
    assert near.err.startswith("convscope: there is no option --stor; did you mean --store")


def everything() -> Iterator[tuple[str, App]]:
    """Each command by its words."""
    for group, prefix in ((app.application, ""), (app.application["atlas"], "atlas ")):
        yield from ((f"{prefix}{name}", group[name]) for name in group if not name.startswith("-"))


PYTHON = re.compile(r"Python|convscope\.\w|Network\.|\bNone\b|\bTrue\b|\bFalse\b|\w\(\)|\w=(?:'|\")")


@pytest.mark.parametrize(("name", "command"), [pytest.param(*one, id=one[0]) for one in everything()])
def test_help_is_said_in_the_words_of_the_command_line(name: str, command: App) -> None:
    function = command.default_command
    assert function is not None
    said = inspect.getdoc(function) or ""
    assert name in {"merge", "serve", "verify"} or f"convscope {name} " in said, "no example"
    options = command.assemble_argument_collection(parse_docstring=True)
    assert len(options) > 1
    for one in options:
        assert not one.show or one.parameter.help, f"{name} does not say what {one.name} is"
        assert not PYTHON.search(one.parameter.help or ""), one.parameter.help
    assert not PYTHON.search(said.partition("Args:")[0]), said
