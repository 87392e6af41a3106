"""Sphinx settings."""

import importlib.metadata

project = "convscope"
author = "The convscope authors"
copyright = "the convscope authors, Apache-2.0"
release = version = importlib.metadata.version("convscope")

extensions = ["myst_parser", "cyclopts.ext.sphinx", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
smartquotes = False  # they would turn --json into a dash
html_theme = "furo"
html_title = "convscope"
html_static_path: list[str] = []

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
# Pictures of results are made from real runs and committed; nothing is fetched while building.
suppress_warnings = ["myst.header"]
