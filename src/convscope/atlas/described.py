"""What a finished atlas's manifest must say before anything is believed of it: the one check at the door.

Names in it become paths, and numbers of it sizes in memory; a manifest may be damaged, or made by somebody with a plan.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from convscope.atlas.names import is_layer_id
from convscope.errors import StoreError

Json = dict[str, Any]
Checker = Callable[[Any], bool]

_MOST_UNITS = 1_000_000
_MOST_PIXELS = 1 << 16


def _count(most: int) -> Checker:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is(*kinds: type) -> Checker:
    return lambda value: isinstance(value, kinds)


def _cosine(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1)


def _failures(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("reason"), str)
        for one in value
    )


_pixels, _units = _count(_MOST_PIXELS), _count(_MOST_UNITS)
_GRID = dict.fromkeys(("rows", "columns", "height", "width", "pitchY", "pitchX", "panels"), _pixels)
_FIELD = {"size": _is(list), "stride": _is(list), "offset": _is(list), "regular": _is(bool)}
_LAYER: Json = {
    "id": is_layer_id,
    **dict.fromkeys(("name", "op"), _is(str)),
    "channels": _units,
    **dict.fromkeys(("height", "width"), _pixels),
    "spatial": _is(bool),
    "units": {"dead": _units},
    "tile": dict.fromkeys(("height", "width", "enlarge"), _pixels),
    "sprite": {**_GRID, "lossless": _is(bool)},
}
_WHOLE: Json = {
    "created": _is(str),
    "versions": _is(dict),
    "model": {"name": _is(str), "fingerprint": _is(str)},
    "data": {"description": _is(str), "fingerprint": _is(str), "count": _count(1 << 53)},
    "options": _is(dict),
    "failures": {"count": _count(1 << 53), "shown": _failures},
    "units": _units,
    "layers": _is(list),
    "paths": _is(dict),
}
_WORDS = {is_layer_id: "no name of a layer in an atlas"}


def check_manifest(path: Path, found: Json) -> None:
    """Nothing where the manifest read from `path` says what a finished atlas's does.

    Raises StoreError that names the entry, for one that is missing, of another kind, too large, or no plain name.
    """
    _check(path, "", found, _WHOLE)
    for number, layer in enumerate(found["layers"]):
        where = f"layers[{number}]"
        _check(path, where, layer, _LAYER)
        if "control" in layer:  # not in atlases of old
            _check(path, f"{where}.control", layer["control"], {"median": _cosine, "units": _units})
        if layer.get("field") is not None:
            _check(path, f"{where}.field", layer["field"], _FIELD)
            pairs = [layer["field"][key] for key in ("size", "stride", "offset")]
            if not all(len(pair) == 2 and all(isinstance(x, int | float) for x in pair) for pair in pairs):
                raise _error(path, f"{where}.field", layer["field"], "no receptive field")
    if sum(layer["channels"] for layer in found["layers"]) > _MOST_UNITS:
        raise _error(path, "layers", len(found["layers"]), f"a list with more than {_MOST_UNITS} units")
    ids = [layer["id"] for layer in found["layers"]]
    names = [layer["name"] for layer in found["layers"]]
    if len({one.casefold() for one in ids}) < len(ids) or len(set(names)) < len(names):
        raise _error(path, "layers", ids, "a list of layers with a name given twice")
    _check_subset(path, found.get("subset"), names)
    if "taken" in found:
        _check(path, "taken", found["taken"], dict.fromkeys(("budget", "bytes", "images"), _count(1 << 53)))
    if "check" in found:
        _check(path, "check", found["check"], {"holds": _is(bool), "sentence": _is(str)})


def _check_subset(path: Path, subset: Any, names: list[str]) -> None:
    if subset is None:
        return
    plain = isinstance(subset, dict) and all(
        name in names and isinstance(channels, list) and all(_units(channel) for channel in channels)
        for name, channels in subset.items()
    )
    if not plain:
        raise _error(path, "subset", subset, "no choice of units of its layers")


def _check(path: Path, where: str, found: Any, wanted: Json) -> None:
    if not isinstance(found, dict):
        raise _error(path, where, found, "no object")
    for key, check in wanted.items():
        here = f"{where}.{key}".removeprefix(".")
        if key not in found:
            raise StoreError(f"{path} lacks the entry '{here}': make the atlas again, or ask for another copy")
        if isinstance(check, dict):
            _check(path, here, found[key], check)
        elif not check(found[key]):
            raise _error(path, here, found[key], _WORDS.get(check, "not what an atlas has there"))


def _error(path: Path, where: str, value: Any, said: str) -> StoreError:
    shown = repr(value) if len(repr(value)) <= 80 else f"{repr(value)[:80]} ..."
    return StoreError(f"{path}: {where}: {shown} is {said}: make the atlas again, or ask for another copy")


__all__ = ["check_manifest"]
