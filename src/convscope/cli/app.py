"""The commands, gathered, and the way from an error to an exit code."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from cyclopts import App, CycloptsError, Group, MissingArgumentError, UnknownOptionError

import convscope
from convscope.cli.atlas import atlas
from convscope.cli.failures import BROKEN_PIPE, INTERRUPTED, Ending, foreseen
from convscope.cli.scan import merge
from convscope.cli.wording import in_words, running
from convscope.errors import UsageError, nearest
from convscope.memory import keep_freed_memory
from convscope.tables import printable

_SHORT_HELP = """\
A microscope for convolutional networks: what every unit responds to, and where in the image it looks.

The main job makes a folder with a page that shows it for every unit:

    convscope atlas zoo:squeezenet1_1 samples: -o atlas

Exit codes: 0 done, 1 another error, 2 wrong use, 3 model, 4 images, 5 results or disk, 6 missing package,
130 interrupted.
"""

# What Ctrl-C leaves, by command; the others have nothing to lose.
_KEPT = {
    **dict.fromkeys(("scan", "atlas", "paper", "sanity", "evolve", "ablate", "mistakes"), "finished parts are kept"),
    **dict.fromkeys(("transfer", "effects"), "what was computed is kept"),
    "train": "the last state is kept",
    "directions": "with --store finished parts are kept",
    "merge": "the parts are as they were",
}


def build_app() -> App:
    """The command-line application with all its commands."""
    app = App(
        name="convscope",
        help=_SHORT_HELP,
        help_format="markdown",
        version=convscope.__version__,
        group_commands=Group("Commands", sort_key=0),
        suppress_keyboard_interrupt=False,
    )
    atlases = App(name="atlas", help_format="markdown")
    atlases.default(atlas)
    _add(atlases, "export", "attach")
    app.command(atlases)
    _add(app, "paper", "layers", "check", "deconv", "scan")
    app.command(merge)
    _add(app, "occlude", "invariance", "causes", "effects", "directions", "mistakes", "correspond", "annotate")
    _add(app, "serve", "transfer", "overlap", "evolve", "diagnose", "sanity", "train", "evaluate", "ablate", "verify")
    return app


def _add(app: App, *names: str) -> None:
    """Add commands, each the function of its name in the module of its name."""
    for name in names:
        app.command(getattr(import_module(f"convscope.cli.{name}"), name))


application = build_app()


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command line `argv` (default: the process's own), after running it."""
    debug = "--debug" in (tokens := list(sys.argv[1:] if argv is None else argv))
    try:
        command, bound, _ = application.parse_args(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        said = f"{_plain(error)}\nrun 'convscope{_command_of(tokens)} --help' for what is understood"
        return _fail(Ending(said, UsageError.exit_code))
    return _run(command, bound.args, bound.kwargs, debug=debug)


def _run(command: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, debug: bool) -> int:
    running.set(command)
    keep_freed_memory()
    try:
        command(*args, **kwargs)
        sys.stdout.flush()
    except KeyboardInterrupt:
        if debug:
            raise
        kept = _KEPT.get(getattr(command, "__name__", ""))
        again = f"; {kept}: run the same command again to go on" if kept else ""
        return _fail(Ending(f"interrupted{again}", INTERRUPTED))
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except BaseException as error:
        failure = foreseen(error)
        if failure is None or debug:
            raise
        return _fail(replace(failure, message=in_words(failure.message)))
    return 0


def _fail(failure: Ending) -> int:
    sys.stderr.write(f"convscope: {printable(failure.message)}\n")
    return failure.exit_code


def _plain(error: CycloptsError) -> str:
    """The message of a parsing error on one line; of an option that is needed what it is for."""
    if isinstance(error, MissingArgumentError) and error.keyword is None and (option := error.argument) is not None:
        what = f": {option.parameter.help}" if option.parameter.help else ""
        return f"{' '.join(error.command_chain or ())} needs {' or '.join(option.names)}{what}".strip()
    if isinstance(error, UnknownOptionError):
        asked = (error.token.keyword or error.token.value).partition("=")[0]
        known = {name.lstrip("-"): name for one in error.argument_collection for name in one.names}
        near = re.sub(r"'([^']+)'", lambda match: known[match[1]], nearest(asked.lstrip("-"), known))
        return f"there is no option {asked}{near}"
    return " ".join(str(error).split())


def _command_of(tokens: list[str]) -> str:
    return f" {tokens[0]}" if tokens and not tokens[0].startswith("-") and tokens[0] in application else ""
