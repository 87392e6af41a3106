"""pt2:FILE, a network that torch.export wrote to a file."""

from __future__ import annotations

from convscope.errors import UsageError, WeightsError
from convscope.files import home_expanded, kind_of
from convscope.models.exported.archive import RELEASES
from convscope.models.exported.fields import Refused
from convscope.models.request import Found, ModelRequest


def from_export(request: ModelRequest) -> Found:
    """The exported program of a .pt2 file, with the weights that are in it.

    No code of the file is run: the archive is read by a reader of our own, weights are raw bytes, operators are those
    of networks on images and no others (models/exported/README.md). Anything else is refused.

    Raises:
        UsageError: if there is no such file, or weights are asked for.
        WeightsError: if the file is damaged, of another release of torch, or holds what could run code.
        TraceError: if the program takes another input than one batch of images.
    """
    request.refuse_weights("the file itself holds them")
    path = home_expanded(request.name)
    if kind_of(path) != "file":
        raise UsageError(f"{request.spec}: there is no file '{path}'")
    from convscope.models.exported.reading import read_program

    try:
        return Found(read_program(path), None, None, "weights of the file")
    except (Refused, OSError) as error:
        raise WeightsError(f"cannot read '{path}' as an exported program: {error}; {_REMEDY}") from error


_REMEDY = (
    f"write it again with torch.export.save of {RELEASES}, or give the module itself by py:package.module:factory "
    "(weights alone are given as weights='FILE')"
)
