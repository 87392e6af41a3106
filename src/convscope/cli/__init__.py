"""The command line: thin on purpose. A command parses, calls one function of the library, shows progress and prints.

`app` gathers the commands and turns errors into exit codes, `options` holds what several commands share, `terminal`
is the only place that writes to the screen, and every other module is one family of commands.
"""

from convscope.cli.app import main

__all__ = ["main"]
