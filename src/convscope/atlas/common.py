"""What units of two atlases are matched by: how strongly some images excite each unit, in bytes.

Two atlases show the same images to two networks, or to one before and after. Which units do the same is the
correlation of their strongest responses over the images that both have, which the page works out for any two layers. So
each layer keeps its units' responses to a few images, each unit from its least (0) to its largest (255): a correlation
does not mind that, and what is lost to bytes is measured in the tests.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.profiles import sampled
from convscope.atlas.web import printable
from convscope.data import Source

COMMON = 128
"""Images at most, evenly spread over those that were looked at one by one."""


def compared(images: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of sampled images that two atlases are compared on."""
    return sampled(len(images), COMMON)


def index(source: Source, images: NDArray[np.int64]) -> dict[str, Any]:
    """The images that responses are of, of those that were sampled, by number and name."""
    chosen = images[compared(images)].tolist()
    return {"images": chosen, "names": [printable(source.name(image)) for image in chosen]}


def layer_responses(layer: str, values: NDArray[np.floating], images: NDArray[np.int64]) -> dict[str, Any]:
    """A layer's responses (n, C) to the sampled images as the page is given them: C rows of a byte for each image."""
    chosen = levels(values[compared(images)])
    return {"layer": layer, "images": chosen.shape[1], "codes": base64.b64encode(chosen.tobytes()).decode()}


def levels(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Responses (n, C) as bytes (C, n), 0 for a unit's least and 255 for its largest; what is no number is its least.

    >>> levels(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])).tolist()
    [[0, 128, 255], [0, 0, 0]]
    """
    rows = np.where(np.isfinite(values), values, np.nan).T.astype(np.float64)
    least = np.where(np.isfinite(rows), rows, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    rows = np.where(np.isfinite(rows), rows - np.where(np.isfinite(least), least, 0), 0)
    most = rows.max(axis=1, initial=0.0)
    return np.rint(np.divide(255 * rows, most[:, None], out=np.zeros_like(rows), where=most[:, None] > 0)).astype(
        np.uint8
    )


__all__ = ["COMMON", "compared", "index", "layer_responses", "levels"]
