"""The page of mistakes: a folder that opens from disk, with all that it shows as scripts of data and pictures beside.

index.html, mistakes.js, mistakes.css    the page, from the package; written last
data/manifest.js                         what was asked, classes, pairs, units, how often silencing helps
data/rows/N.js                           mistakes, worst first, 500 to a script
data/mistakes/KEY.js                     one that was looked at in full; its key is its image, or IMAGE-OUTPUT where
                                         several are asked about
pictures/thumbs/IMAGE.webp               images small: of mistakes, and of those like them
pictures/KEY/photo.webp ...              photo, projection and heat of the contrast, units layer by layer
page.json                                the SHA-256 of all of these: what is not as it says is made again
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from convscope.atlas import Atlas
from convscope.atlas.render import GREY, Pixels, TileSize, crop_patch, display, fit
from convscope.atlas.sprites import SpriteGrid, compose, encode
from convscope.atlas.web import printable, script
from convscope.data import Source, load_image
from convscope.errors import ImageError
from convscope.graph import Network, Unit
from convscope.methods.deconv import Selection, project_all
from convscope.methods.inputs import input_of, preprocess_of
from convscope.progress import Progress
from convscope.studies.causes_shown import squared
from convscope.studies.mistakes_found import MistakeCase, MistakesFound, contrast_in, in_words
from convscope.studies.vouched import Vouched
from convscope.tables import without_nan
from convscope.training.matching import in_words as by_order

SCHEMA = 1
NOTE = "page.json"
"""What vouches for the files of the page."""
ROWS = 500
"""Mistakes to a script."""
THUMBS = 2000
"""Mistakes that have a picture in the list, at most: the worst."""
_THUMB, _TILE = 128, 80  # the second is a number of the page, too
_PAGE = {"index.html": "mistakes.html", "mistakes.js": "mistakes.js", "mistakes.css": "mistakes.css",
         "icon.svg": "icon.svg"}  # fmt: skip
_BEYOND = (GREY, GREY, GREY)


@dataclass(frozen=True)
class Painter:
    """Makes the pictures of mistakes, from the images themselves."""

    net: Network
    source: Source

    def crop(self, index: int) -> NDArray[Any]:
        """An image as the network sees it, (H, W, C)."""
        return load_image(self.source, index, preprocess_of(self.net, self.source))

    def shown(self, index: int) -> Pixels:
        """The same for people, (H, W, 3)."""
        return preprocess_of(self.net, self.source).shown(self.crop(index)[None])[0]

    def photo(self, findings: MistakesFound, case: MistakeCase) -> Pixels:
        """The image of a mistake."""
        return self.shown(int(findings.found.images[case.row]))

    def projection(self, findings: MistakesFound, case: MistakeCase) -> Pixels:
        """What the contrast takes from the image, on all of it."""
        unit = contrast_in(findings.found, case.row, self.net).unit
        (taken,) = project_all(self.net, self._input(findings, case), [_selection(unit.layer, [unit])])
        return display(taken.full())[0]

    def patches(self, findings: MistakesFound, case: MistakeCase, layer: int) -> tuple[list[Pixels], list[Pixels]]:
        """Of the units of a layer the patch of the image where each gives the most, and what it takes there."""
        why = case.explained
        units = [why.unit(int(n), findings.layers) for n in np.flatnonzero(why.layer == layer)]
        (taken,) = project_all(self.net, self._input(findings, case), [_selection(findings.layers[layer], units)])
        photo = self.photo(findings, case)
        return [crop_patch(photo, box, _BEYOND) for box in taken.boxes.tolist()], list(display(taken.pixels))

    def _input(self, findings: MistakesFound, case: MistakeCase) -> torch.Tensor:
        return input_of(self.net, self.crop(int(findings.found.images[case.row]))[None])


def _selection(layer: str, units: list[Unit]) -> Selection:
    at = [unit.position for unit in units if unit.position is not None]
    minus = [-1 if unit.minus is None else unit.minus for unit in units]
    channels = [unit.channel for unit in units]
    return Selection(layer, [0] * len(units), channels, np.array(at) if at else None, minus=minus)


@dataclass(frozen=True)
class Pictures:
    """The pictures of a page: made where they are not there as they were written, or taken from where they were before.

    files: those of the page; before: of the page that they are taken from where there is no painter.
    """

    files: Vouched
    painter: Painter | None
    before: Vouched | None = None

    def put(self, path: str, make: Callable[[Painter], bytes]) -> bool:
        """Whether a picture is there, after making it where it was not."""
        if self.files.read(path) is not None:
            return True
        content = None
        if self.painter is not None:
            try:
                content = make(self.painter)
            except ImageError:  # it was there a moment ago
                return False
        elif self.before is not None:
            content = self.before.read(path)
        if content is not None:
            self.files.put(path, content)
        return content is not None


def write(findings: MistakesFound, pictures: Pictures, atlas: str | None, progress: Progress) -> Path:
    """The page, after writing it with all that it shows; what is there already, of a run that was stopped, is kept.

    atlas: the page of an atlas whose units are linked. Raises StoreError where the folder cannot be written.
    """
    files, jobs = pictures.files, list(_pictures(findings))
    try:
        for done, (path, make) in enumerate(jobs, 1):
            pictures.put(path, make)
            progress("pictures", done, len(jobs))
        for address, value in _data(findings, atlas):
            files.put(f"data/{address}.js", script(address, _printable(without_nan(value))))
        room = resources("convscope.atlas.page")
        for name, own in reversed(_PAGE.items()):
            files.put(name, room.joinpath(own).read_bytes())
    finally:
        files.close()
    return files.folder / "index.html"


def atlas_link(atlas: Atlas | None, folder: Path) -> str | None:
    """The page of an atlas as seen from a folder; None where there is none, or no way there."""
    if atlas is None:
        return None
    try:
        return Path(os.path.relpath(atlas.page.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return None


# -- pictures ---------------------------------------------------------------------------------------------------------
def _pictures(findings: MistakesFound) -> Iterator[tuple[str, Callable[[Painter], bytes]]]:
    """The paths of all pictures, and how each is made."""
    for case in findings.cases:
        room = f"pictures/{findings.key_of(case.row)}"
        yield f"{room}/photo.webp", partial(_photo, findings, case)
        yield f"{room}/projection.webp", partial(_projection, findings, case)
        yield f"{room}/heat.webp", partial(_heat, findings, case)
        for layer in sorted(set(case.explained.layer.tolist())):
            yield f"{room}/units-{layer}.webp", partial(_units, findings, case, layer)
    like = [int(index) for case in findings.cases for index in case.similar.images]
    for index in dict.fromkeys([*findings.found.images[:THUMBS].tolist(), *like]):
        yield f"pictures/thumbs/{index}.webp", partial(_thumb, index)


def _photo(findings: MistakesFound, case: MistakeCase, painter: Painter) -> bytes:
    return encode(painter.photo(findings, case), lossless=False)


def _projection(findings: MistakesFound, case: MistakeCase, painter: Painter) -> bytes:
    return encode(painter.projection(findings, case), lossless=False)


def _thumb(index: int, painter: Painter) -> bytes:
    shown = painter.shown(index)
    size = TileSize.of(shown.shape[:2], _THUMB)
    return encode(fit(shown, size.shape), lossless=False)


def _heat(findings: MistakesFound, case: MistakeCase, _: Painter) -> bytes:
    """By how much covering lessens the contrast, pixel by pixel: red where it does, blue where it adds to it."""
    why = case.explained
    left = np.abs(why.covered) if findings.kind == "values" else why.covered  # too low is as wrong as too high
    lost = np.nan_to_num(findings.grid.spread(float(why.contrast) - left))
    part = lost / max(float(np.abs(lost).max()), np.finfo(np.float64).tiny)
    colours = np.where(part[..., None] > 0, (230, 60, 20), (20, 90, 230)).astype(np.uint8)
    alpha = np.rint(215 * np.abs(part)).astype(np.uint8)[..., None]
    memory = io.BytesIO()
    Image.fromarray(np.concatenate([colours, alpha], -1)).save(memory, "WEBP", quality=70, method=3)
    return memory.getvalue()


def _units(findings: MistakesFound, case: MistakeCase, layer: int, painter: Painter) -> bytes:
    """Patches in the first row, what units take from them in the second."""
    patches, taken = painter.patches(findings, case, layer)
    rows = np.stack([squared(one, _TILE) for one in (*patches, *taken)])
    grid = SpriteGrid.of(len(rows), (_TILE, _TILE), columns=len(patches), panels=1)
    return encode(compose(grid, rows), lossless=False)


# -- data -------------------------------------------------------------------------------------------------------------
def _data(findings: MistakesFound, atlas: str | None) -> Iterator[tuple[str, Any]]:
    """The scripts' addresses and values; the manifest last."""
    covers = {case.row: _cover(findings, case) for case in findings.cases}
    for number, first in enumerate(range(0, len(findings), ROWS)):
        rows = range(first, min(first + ROWS, len(findings)))
        yield f"rows/{number}", [_row(findings, row) | covers.get(row, {}) for row in rows]
    for case in findings.cases:
        yield f"mistakes/{findings.key_of(case.row)}", _case(findings, case)
    yield "manifest", _manifest(findings, atlas)


def _manifest(findings: MistakesFound, atlas: str | None) -> dict[str, Any]:
    low, high = findings.interval
    classes = [
        [number, count, wrong]
        for number, (count, wrong) in enumerate(zip(findings.shown, findings.wrong, strict=True)) if count
    ]  # fmt: skip
    used = {n for n, *_ in classes} | {n for t, a, _ in findings.pairs for n in (t, a)}
    for case in findings.cases:
        used |= {*case.best, *np.unique(case.explained.covered_answers).tolist()}
        used |= {*case.explained.silenced_answers.tolist(), *case.similar.truth.tolist(), *case.similar.answer.tolist()}
    return {
        "format": "convscope-mistakes",
        "schema": SCHEMA,
        "model": findings.network,
        "data": findings.data,
        "kind": findings.kind,
        "images": findings.images,
        "asked": findings.asked,
        "mistakes": len(findings),
        "explained": len(findings.cases),
        "interval": [low, high],
        "names": {str(n): findings.answers[n] for n in sorted(used)},
        "classes": classes,
        "pairs": [list(pair) for pair in findings.pairs],
        "layers": list(findings.layers),
        "layer": findings.layer,
        "grid": findings.grid.to_json(),
        "boxes": findings.grid.boxes.tolist(),
        "fill": findings.fill,
        "units": findings.units()[:50],
        "silencing": findings.silencing(),
        "rows": ROWS,
        "thumbs": THUMBS,
        "failures": len(findings.failures),
        "order": next(iter(by_order(findings.order)), None),
        "atlas": atlas,
    }


def _row(findings: MistakesFound, row: int) -> dict[str, Any]:
    found = findings.found
    return {
        "i": int(found.images[row]),
        "key": findings.key_of(row),
        "name": findings.names[row],
        "t": int(found.truth[row]),
        "a": int(found.answer[row]),
        "d": _short(found.contrast[row]),
        "z": [_short(one) for one in found.numbers[row]],
        "p": [_short(one) for one in found.scores[row]],
        "rank": int(found.rank[row]),
    }


def _cover(findings: MistakesFound, case: MistakeCase) -> dict[str, Any]:
    """What the list says of a mistake that was looked at: the best place to cover, what comes of it, what silencing
    does."""
    why, place = case.explained, findings.place_of(case)
    repairs = np.flatnonzero(why.silenced_answers == findings.truth_of(case))
    return {
        "box": findings.box_of(case),
        "covered": int(why.covered_answers[place]),
        "unit": why.silenced_name(int(repairs[0]), findings.layers) if len(repairs) else None,
    }


def _case(findings: MistakesFound, case: MistakeCase) -> dict[str, Any]:
    why, layers = case.explained, findings.layers
    return _row(findings, case.row) | _cover(findings, case) | {
        "n": case.row,
        "words": in_words(findings, case),
        "contrast": _short(float(why.contrast)),
        "best": [[n, _short(p)] for n, p in zip(case.best, case.scores, strict=True)],
        "places": [_short(one) for one in why.covered.ravel()],
        "answers": why.covered_answers.ravel().tolist(),
        "layers": [_layer(findings, case, n) for n in sorted(set(why.layer.tolist()))],
        "balances": [
            {"layer": layers[n], "parts": _short(why.parts[n]), "others": _short(why.others[n]),
             "biases": _short(why.biases[n]), "remainder": _short(why.remainder[n])}
            for n in range(len(why.parts))
        ],
        "similar": {
            "right": [one for one in _similar(case) if one["t"] == one["a"]],
            "wrong": [one for one in _similar(case) if one["t"] != one["a"]],
            "of": case.similar.of,
            "asAnswered": case.similar.as_answered,
            "asLabelled": case.similar.as_labelled,
        },
    }  # fmt: skip


def _layer(findings: MistakesFound, case: MistakeCase, layer: int) -> dict[str, Any]:
    why = case.explained
    rows = np.flatnonzero(why.layer == layer).tolist()
    units = [
        {
            "unit": why.silenced_name(n, findings.layers),
            "at": why.position[n].tolist() if why.position[n, 0] >= 0 else None,
            "value": _short(why.value[n]),
            "amount": _short(why.amount[n]),
            "silenced": _short(why.silenced[n]),
            "answer": int(why.silenced_answers[n]),
            "controls": int(why.controls[n]),
            "control": _short(why.control[n]),
            "changed": _short(why.control_changed[n]),
        }
        for n in rows
    ]
    return {"layer": findings.layers[layer], "number": layer, "units": units}


def _similar(case: MistakeCase) -> list[dict[str, Any]]:
    like = case.similar
    return [
        {"i": int(i), "name": name, "t": int(t), "a": int(a), "likeness": _short(c)}
        for i, name, t, a, c in zip(like.images, like.names, like.truth, like.answer, like.likeness, strict=True)
    ]


def _short(number: Any) -> float:
    """Four digits, as the page shows them at most."""
    return float(f"{float(number):.4g}")


def _printable(value: Any) -> Any:
    """The same with what no encoding can hold replaced: names of files are anybody's."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list) else value


__all__ = ["NOTE", "ROWS", "SCHEMA", "THUMBS", "Painter", "Pictures", "atlas_link", "write"]
