"""The one place where an answer meets its notebook: what is found knows nothing of how it is drawn."""

from importlib import import_module


class Shown:
    """Something that a notebook displays; how, `convscope.notebook` knows, which is loaded when it is asked.

    The rooms that compute import nothing that draws. This is the only way back up, and it is by name.
    """

    def _repr_html_(self) -> str:
        return import_module("convscope.notebook").html_of(self)


__all__ = ["Shown"]
