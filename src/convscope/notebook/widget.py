"""Pages of ours as notebook widgets (anywidget): a module that draws, traits, and messages both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convscope.errors import missing_extra

Hear = Callable[[Any, Any, Sequence[Any]], None]
"""Called with the widget, a message of the page, and the bytes beside it."""


def widget_of(
    name: str,
    module: str,
    values: Mapping[str, str | int],
    *,
    hear: Hear,
    still: Callable[[], str],
    purpose: str,
    ending: Callable[[], None] | None = None,
) -> Any:
    """A widget of a class `name` that runs an ES module, with traits of these values that the page shares.

    still: the HTML that stands for it where no Python answers, as in a notebook that was exported. ending: called when
    the widget is closed.

    Raises MissingExtra without anywidget; `purpose` says what for.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise missing_extra("anywidget", "notebook", purpose=purpose) from error
    kinds = {str: traitlets.Unicode, int: traitlets.Int}

    def bundle(self: Any, **asked: Any) -> Any:
        base: Any = super(kind, self)
        data, about = base._repr_mimebundle_(**asked) or ({}, {})
        return {**data, "text/html": still()}, about

    def close(self: Any) -> None:
        if ending is not None:
            ending()
        base: Any = super(kind, self)
        base.close()

    fields = {
        "_esm": module,
        "_repr_html_": lambda self: still(),
        "_repr_mimebundle_": bundle,
        "close": close,
        **{key: kinds[type(value)](value).tag(sync=True) for key, value in values.items()},
    }
    kind = type(name, (anywidget.AnyWidget,), fields)
    made = kind()
    made.on_msg(hear)
    return made


__all__ = ["Hear", "widget_of"]
