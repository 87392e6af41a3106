"""How any answer is shown: remarks, its JSON, its tables. What a command adds are the words that end it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convscope.cli.options import RUN
from convscope.cli.terminal import Terminal
from convscope.cli.wording import in_words

if TYPE_CHECKING:
    from convscope.studies import Answer
    from convscope.tables import TextTable

AddTo = Annotated[
    Path | None,
    Parameter(
        name="--atlas", group=RUN, help="Folder of an atlas of the same network whose page is to show the result."
    ),
]
EntryName = Annotated[
    str | None, Parameter(name="--name", group=RUN, help="Name of the result in the atlas; by default the command's.")
]


def present(answer: "Answer", terminal: Terminal, *, idle: str | None = None) -> None:
    """Show an answer; `idle` is remarked where all of it had been found before."""
    for remark in answer.remarks():
        terminal.remark(in_words(remark))
    if idle is not None and not terminal.worked:
        terminal.remark(idle)
    document: dict[str, Any] = {}
    if answer.saved is not None:
        if answer.saved.missing is not None:
            terminal.remark(f"no figures: {answer.saved.missing}")
        document = {"store": str(answer.saved.folder), "figures": list(map(str, answer.saved.figures.values()))}
    terminal.result({**document, **answer.to_json()})
    show_tables(answer.tables(), terminal)


def show_tables(tables: "Sequence[TextTable]", terminal: Terminal) -> None:
    """Write tables one after the other, each with its title and an empty line after it."""
    for table in tables:
        if table.title:
            terminal.say(table.title)
        terminal.table(table.head, table.rows, right=range(table.left, len(table.head)))
        terminal.say()
