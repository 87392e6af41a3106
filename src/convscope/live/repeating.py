"""The Python that repeats what was done on a page: the same answers from the public names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convscope.data import Source, open_source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.live import asking
from convscope.live.photos import Photo
from convscope.methods.occlusion.occluders import square_for

MOST = 200
"""Steps of a script."""

Said = Mapping[str, Any]


def script_of(net: Network, spec: str | None, source: Source | None, photo: Photo, said: Said) -> str:
    """The program: the network, the photo with its crop, and the `steps` of the question.

    A step is a question as the page asked it. Texts become Python's literals, whatever they hold.
    """
    moved = asking.moved(said)
    lines = ['"""What was seen on the bench, from the start."""', "", "import convscope as cs"]
    lines += ["from convscope.data import decode_for", ""] if moved != (0, 0) else [""]
    lines += _network(net, spec)
    lines += _photo(source, photo)
    if moved != (0, 0):
        lines += [
            "# The crop was moved, in pixels of the resized photo: down and right.",
            f"crop = net.preprocess.crop(decode_for({_payload(photo)}, net.preprocess), moved={moved})",
            "photo = torch.from_numpy(crop.copy()).permute(2, 0, 1)",
        ]
        lines[2:2] = ["from pathlib import Path", "", "import torch", ""]
    lines.append("")
    kinds: dict[str, Callable[[Network, Said], list[str]]] = {
        "project": _projection, "causes": _cause, "sweep": _occlusion, "curve": _invariance, "look": _effects,
    }  # fmt: skip
    told: list[str] = []
    for step in asking.listed(said, "steps", MOST):
        if not isinstance(step, dict):
            raise UsageError("steps: a list of questions is needed")
        make = kinds.get(str(step.get("kind")))
        if make is not None and (calls := make(net, step)):
            made = "\n".join([*_left_out(net, step, moved), *calls])
            told += [] if made in told else [made]
    return "\n".join([*lines, *told]) + "\n"


def _network(net: Network, spec: str | None) -> list[str]:
    if spec is None:
        return [f"net = ...  # {net.name!r}, a network of your own: the one that the bench was opened with"]
    return [f"net = cs.load({spec!r})  # {_remark(net.name)}"]


def _photo(source: Source | None, photo: Photo) -> list[str]:
    if photo.number is None or source is None:
        return [f"photo = {photo.name!r}  # the file that was shown: say where it lies"]
    return [
        f"images = cs.open_source({_collection(source)})  # {_remark(source.describe())}",
        f"photo = images.read({photo.number})  # {_remark(photo.name)}",
    ]


def _collection(source: Source) -> str:
    """What opens the collection, in Python; of the sample photos also where a limit left some out."""
    if source.kind == "samples":
        for more, limit in (("", None), (f", limit={len(source)}", len(source))):
            if open_source("samples:", limit=limit).fingerprint() == source.fingerprint():
                return f"'samples:'{more}"
    return "'...'"


def _payload(photo: Photo) -> str:
    return "photo" if photo.number is not None else "Path(photo).read_bytes()"


def _remark(text: str) -> str:
    """A text within a remark: on one line."""
    return text.encode("ascii", "backslashreplace").decode().replace("\n", " ").replace("\r", " ")


def _left_out(net: Network, step: Said, moved: tuple[int, int]) -> list[str]:
    """A remark on what was done to the photo for a step and the public functions do not take: numbers differ by it."""
    done, kind = asking.doing(net, step), step["kind"]
    said = [] if done.transform is None or kind == "curve" else [f"{done.transform[0]} {done.transform[1]:g}"]
    if done.cover is not None and done.cover.at and kind not in ("curve", "sweep"):
        y, x = done.cover.at[0]
        more = "" if len(done.cover.at) == 1 else f" and {len(done.cover.at) - 1} places more"
        said.append(f"{done.cover.size} pixels of {done.cover.fill} around {y:g},{x:g}{more}")
    if (crop := asking.moved(step)) != moved:
        said.append(f"the crop moved by {crop}")
    return [f"# On the page this was with {', '.join(said)}; here it is without."] if said else []


def _projection(net: Network, step: Said) -> list[str]:
    unit, rule = net.unit(asking.text(step, "unit")), asking.pulling(step).rule
    more = "" if rule == "deconvnet" else f", rule={rule!r}"
    return [f"print(cs.deconv(net, photo, {str(unit)!r}{more}).summary)"]


def _cause(net: Network, step: Said) -> list[str]:
    layers = asking.layers(net, step, ())
    more = f", layers={layers[:1]!r}" if layers else ""
    return [f"print(cs.causes(net, photo, {asking.text(step, 'unit')!r}{more}, most=8).summary)"]


def _occlusion(net: Network, step: Said) -> list[str]:
    image = net.input_shape[1:]
    sides = (
        asking.whole_number(step, n, 1, min(image)) if step.get(n) is not None else None for n in ("size", "stride")
    )
    size, stride = square_for(image, *sides)
    units = [str(unit) for unit in asking.units(net, step, "followed")]
    more = "" if step.get("target") is None else f", target={asking.whole_number(step, 'target', 0, 1 << 30)}"
    more += f", units={units!r}" if units else ""
    fill = asking.choice(step, "fill", asking.FILLS)
    return [f"print(cs.occlude(net, photo, size={size}, stride={stride}, fill={fill!r}{more}).summary)"]


def _invariance(net: Network, step: Said) -> list[str]:
    name, amounts = asking.amounts(step)
    return [f"print(cs.invariance(net, photo, transformations={{{name!r}: {list(amounts)}}}).summary)"]


def _effects(net: Network, step: Said) -> list[str]:
    """What silencing did, layer by layer: `effects` silences units of one layer together."""
    by_layer: dict[str, list[str]] = {}
    for unit in asking.doing(net, step).silenced:
        by_layer.setdefault(unit.layer, []).append(str(unit))
    return [
        f"print(cs.effects(net, [photo], groups=[{units!r}]).summary)  # of {_remark(layer)} alone"
        for layer, units in by_layer.items()
    ]


__all__ = ["MOST", "script_of"]
