"""Sphinx settings."""

import importlib.metadata
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from docstrings import to_rst

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "convscope"
author = "The convscope authors"
copyright = "the convscope authors, Apache-2.0"
release = version = importlib.metadata.version("convscope")

extensions = ["myst_parser", "cyclopts.ext.sphinx", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
smartquotes = False  # they would turn --json into a dash
default_role = "literal"  # `code` in single backticks, in docstrings too
html_theme = "furo"
html_title = "convscope"
html_static_path: list[str] = []

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
# Pictures of results are made from real runs and committed; nothing is fetched while building.
# Shapes in annotations ("n channels") are no names of ours, though attributes are called so.
suppress_warnings = ["myst.header", "ref.python"]


def setup(app: "Sphinx") -> None:
    def convert(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
        lines[:] = to_rst(lines)

    def write_list(app: "Sphinx", error: Exception | None) -> None:
        """What there is to read, for programs that read: beside the pages, with links to their plain text."""
        if error is None and app.builder.name == "html":
            said = (Path(app.srcdir) / "llms.txt").read_text()
            linked = re.sub(r"\]\(([\w/-]+)\.(md|rst)\)", r"](text/\1.txt)", said)
            (Path(app.outdir) / "llms.txt").write_text(linked)

    app.connect("build-finished", write_list)
    # Before napoleon, which takes over "Args:" and "Raises:".
    app.connect("autodoc-process-docstring", convert, priority=400)
