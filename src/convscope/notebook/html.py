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


def figure(content: bytes, width: int = 720) -> str:
    """An image element that holds a figure, given as PNG, at most `width` CSS pixels wide, on white."""
    data = base64.b64encode(content).decode()
    style = f"max-width:min(100%,{width}px);height:auto;background:#fff"
    return f'<img alt="" style="{style}" src="data:image/png;base64,{data}">'


def boxed(pixels: NDArray[np.uint8], where: Sequence[int], side: int = 96) -> str:
    """A picture (h, w, 3) with the box y0, x0, y1, x1 drawn on it, light and dark, so that it shows on anything.

    >>> boxed(np.zeros((10, 10, 3), np.uint8), (2, 2, 6, 6), 20).count("<div")
    2
    """
    height, width = pixels.shape[:2]
    (y0, y1), (x0, x1) = (np.clip([where[a], where[a + 2]], 0, size) for a, size in ((0, height), (1, width)))
    place = ";".join(
        f"{name}:{100 * float(value):.4g}%"
        for name, value in (
            ("top", y0 / height), ("left", x0 / width), ("height", (y1 - y0) / height), ("width", (x1 - x0) / width),
        )
    )  # fmt: skip
    line = "position:absolute;box-sizing:border-box;border:1px solid #fff;outline:1px solid #000"
    image = picture(pixels, side, title="the image as the network sees it").replace("margin:1px", "display:block")
    return (
        '<div style="display:inline-block;position:relative;margin:1px;vertical-align:top">'
        f'{image}<div style="{line};{place}"></div></div>'
    )


def signed(pixels: NDArray[np.floating]) -> NDArray[np.uint8]:
    """A signed picture (C, h, w) as (h, w, 3): zero is mid-grey, the largest magnitude black or white.

    Of other than one or three channels the sum is shown.

    >>> signed(np.array([[[-2.0, 0.0, 1.0]]]))[0, :, 0].tolist()
    [1, 128, 192]
    """
    values = np.nan_to_num(np.asarray(pixels, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    if len(values) not in (1, 3):
        values = values.sum(0, keepdims=True)
    largest = np.abs(values).max(initial=0.0)
    levels = 128 + np.rint(values / largest * 127) if largest > 0 else np.full_like(values, 128)
    shown = levels.astype(np.uint8).transpose(1, 2, 0)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else np.ascontiguousarray(shown)


def cell(content: str, caption: str, *, width: int = 140) -> str:
    """A picture with words below it, at most `width` CSS pixels wide; the words are escaped, the content is HTML."""
    return (
        f'<div style="display:inline-block;vertical-align:top;margin:0 8px 8px 0;max-width:{width}px;'
        'overflow-wrap:anywhere">'
        f'{content}<div style="font-size:11px">{html.escape(caption)}</div></div>'
    )


def box(title: str, note: str, content: str) -> str:
    """A heading, lines of words, and content; title and note are escaped, the content is HTML."""
    return (
        f'<div style="{_STYLE}"><div style="font-weight:600">{html.escape(title)}</div>'
        f'<div style="opacity:.75;margin-bottom:6px;white-space:pre-line">{html.escape(note)}</div>{content}</div>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of escaped words; one that is wider than the page scrolls by itself.

    >>> table(["a"], [["<b>"]])
    '<div style="overflow-x:auto"><table cellpadding="4"><tr><th>a</th></tr><tr><td>&lt;b&gt;</td></tr></table></div>'
    """
    first = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in rows)
    return f'<div style="overflow-x:auto"><table cellpadding="4"><tr>{first}</tr>{body}</table></div>'


__all__ = ["box", "boxed", "cell", "figure", "picture", "signed", "table"]
