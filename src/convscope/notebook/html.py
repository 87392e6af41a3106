"""How results show themselves in a notebook: HTML with the pictures inside it.

Plain HTML with inline pictures needs no extension and no connection; it is still there after an export and on sites
that show notebooks. All text is escaped: names of files and classes are anybody's.
"""

import base64
import html
import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STYLE = "font:13px/1.4 system-ui,sans-serif"


def picture(pixels: NDArray[np.uint8], side: int = 96, *, title: str = "") -> str:
    """An image element that holds a picture (h, w, 3) as PNG, shown with its longest side at `side` CSS pixels.

    >>> picture(np.zeros((1, 2, 3), np.uint8), 40)[:49]
    '<img width="40" height="20" title="" alt="" style'
    """
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    text = html.escape(title)
    shape = f'width="{round(width * scale)}" height="{round(height * scale)}"'
    sharp = "image-rendering:pixelated;" if scale > 2 else ""
    data = base64.b64encode(memory.getvalue()).decode()
    return f'<img {shape} title="{text}" alt="{text}" style="{sharp}margin:1px" src="data:image/png;base64,{data}">'


def signed(pixels: NDArray[np.floating]) -> NDArray[np.uint8]:
    """A signed picture (c, h, w) as (h, w, 3): zero is mid-grey, the largest magnitude black or white.

    >>> signed(np.array([[[-2.0, 0.0, 1.0]]]))[0, :, 0].tolist()
    [1, 128, 192]
    """
    values = np.nan_to_num(np.asarray(pixels, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    largest = np.abs(values).max(initial=0.0)
    levels = 128 + np.rint(values / largest * 127) if largest > 0 else np.full_like(values, 128)
    shown = levels.astype(np.uint8).transpose(1, 2, 0)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else np.ascontiguousarray(shown)


def cell(content: str, caption: str) -> str:
    """A picture with words below it; the words are escaped, the content is HTML."""
    return (
        '<div style="display:inline-block;vertical-align:top;margin:0 8px 8px 0;max-width:140px;'
        'overflow-wrap:anywhere">'
        f'{content}<div style="font-size:11px">{html.escape(caption)}</div></div>'
    )


def box(title: str, note: str, content: str) -> str:
    """A heading, a line of words, and content; title and note are escaped, the content is HTML."""
    return (
        f'<div style="{_STYLE}"><div style="font-weight:600">{html.escape(title)}</div>'
        f'<div style="opacity:.75;margin-bottom:6px">{html.escape(note)}</div>{content}</div>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of escaped words.

    >>> table(["a"], [["<b>"]])
    '<table><tr><th>a</th></tr><tr><td>&lt;b&gt;</td></tr></table>'
    """
    first = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{first}</tr>{body}</table>"


__all__ = ["box", "cell", "picture", "signed", "table"]
