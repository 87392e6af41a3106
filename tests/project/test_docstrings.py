"""Docstrings become reStructuredText."""

import importlib.util

from tests.conftest import ROOT

spec = importlib.util.spec_from_file_location("docstrings", ROOT / "docs" / "docstrings.py")
assert spec is not None
assert spec.loader is not None
docstrings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docstrings)


def test_fields_become_a_list() -> None:
    lines = ["What it returns.", "", "mean: float32 (n,),", "    over all.", "low, high: bounds", "", "More: of it."]
    assert [line for line in docstrings.to_rst(lines) if line] == [
        "What it returns.",
        "* **mean**: float32 (n,),",
        "  over all.",
        "* **low, high**: bounds",
        "More: of it.",
    ]


def test_tables_become_list_tables() -> None:
    lines = ["| a | b |", "| --- | --- |", "| 1 | |", "after"]
    assert [line for line in docstrings.to_rst(lines) if line] == [
        ".. list-table::",
        "   :header-rows: 1",
        "   * - a",
        "     - b",
        "   * - 1",
        "     - ",
        "after",
    ]
