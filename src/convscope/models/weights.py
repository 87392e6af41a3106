"""Reading and fitting weights without running anything that a file contains.

A pickle is a program: loading one may run any function of any importable module. So what torch.save and pickle.dump
wrote is read as data (`convscope.models.unpickling`), `.npz` without object arrays, safetensors by its own library, and
what a file is shows in its content (`convscope.models.recognising`), not in its name. Programs, such as TorchScript and
whole modules, are refused with a message saying what to do.
"""

from __future__ import annotations

import json
import logging
import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convscope.data.npz import read_npz
from convscope.errors import WeightsError, nearest
from convscope.files import home_expanded, kind_of, link_to_nothing, parse_json, write_with
from convscope.models.checkpoints import read_archive, read_pickled
from convscope.models.fitting import WRAPPERS, NamesPlace, is_averaged, is_optimiser, places
from convscope.models.recognising import SUFFIXES, recognise
from convscope.models.reparametrised import computed, refused
from convscope.models.stored import Contents, LazyState, Stored, read_tensor

log = logging.getLogger(__name__)

_METADATA_KEY = "convscope"
_CHECKSUM = "checksum"
_SHOWN = 3
_FEW = 4  # tensors that another number of classes changes: the classifier's, and an auxiliary one's


@dataclass(frozen=True)
class Weights:
    """Named tensors and what the file said of them.

    `metadata` is what `save_weights` was given (preprocessing, class names, architecture), empty for files of other
    origin. Of a file that holds several dictionaries `state` is the likeliest, and `contents` all of them.
    """

    state: Mapping[str, Tensor]
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    """What of the file was asked for."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """The order of colours that the weights were trained on."""
    file: Contents | None = None

    @property
    def contents(self) -> Contents:
        """Everything that the file holds, or the state where it is from elsewhere."""
        if self.file is not None:
            return self.file
        return Contents("tensors", {name: Stored.of(tensor) for name, tensor in self.state.items()})

    @property
    def whole(self) -> Contents:
        """The contents with weights in the place of the parts that they are computed from."""
        return replace(self.contents, stored=computed(self.contents.stored).stored)

    def renamed(self, rename: Callable[[str], str]) -> Weights:
        """The same weights under other names."""
        held = self.contents
        state = {rename(name): tensor for name, tensor in self.state.items()} if self.file is None else self.state
        stored = {rename(name): one for name, one in held.stored.items()}
        return replace(self, state=state, file=Contents(held.kind, stored, held.values, held.modules))


def read_weights(path: str | Path) -> Weights:
    """The tensors of a weights file, by name: of safetensors, torch.save, numpy.savez, or pickle.dump.

    What a file is shows in its content, not in its name. Where it holds several dictionaries, the likeliest is taken
    ({"state_dict": ...}, {"model": ...}, what was trained before its average); FILE#KEY asks for one, by its key or by
    keys joined with dots, or for the tensors whose names begin so. Names are left as they are: see `fit`.

    Raises:
        WeightsError: if the file is missing, of another kind, damaged, or would have to run code to be read.
    """
    place, key = marked(path)
    contents, metadata = read_contents(place)
    if contents.stored and key:
        whole, contents = contents, contents.within(key)
        if not contents.stored:
            raise WeightsError(_no_key(str(place), key, whole))
    if not contents.stored:
        raise WeightsError(_nothing(str(place), contents))
    source = str(place)
    state = LazyState(likeliest(contents), source)
    return Weights(state, source, metadata, key=key, file=contents)


def marked(path: str | Path) -> tuple[Path, str]:
    """A file and what follows its last #; a file whose own name has one is taken as it is.

    >>> marked("no-such-file.pth#model_ema")[1]
    'model_ema'
    """
    whole = home_expanded(path)
    if kind_of(whole) != "nothing" or "#" not in str(path):
        return whole, ""
    name, _, key = str(path).rpartition("#")
    return home_expanded(name), key


def _weights_beside(path: Path) -> list[str]:
    """The names of the files of weights in a file's folder."""
    try:
        return sorted(one.name for one in path.parent.iterdir() if one.suffix.lower() in SUFFIXES)
    except OSError:
        return []


def read_contents(path: Path) -> tuple[Contents, dict[str, Any]]:
    """Everything that a file of weights holds, and what `save_weights` was told of it; raises as `read_weights`."""
    if target := link_to_nothing(path):
        raise WeightsError(f"weights file '{path}' is a link to '{target}', where there is nothing: make the link anew")
    if (kind := kind_of(path)) != "file":
        found = {"folder": "is a folder", "other": "is a device or a pipe"}.get(kind, "does not exist")
        beside = nearest(path.name, _weights_beside(path)) if kind == "nothing" else ""
        raise WeightsError(
            f"weights file '{path}' {found}{beside}"
            + ("" if beside else f": give a file ending in {', '.join(SUFFIXES)}")
        )
    what = recognise(path)
    if what == "safetensors":
        return _read_safetensors(path)
    if what == "npz":
        return _read_npz(path), {}
    return (read_archive(path) if what == "archive" else read_pickled(path)), {}


def likeliest(contents: Contents) -> dict[str, Stored]:
    """Of a file's dictionaries of tensors the one that the network's weights are likeliest in."""

    def merit(group: str) -> tuple[object, ...]:
        last = group.rpartition(".")[2]
        rank = WRAPPERS.index(last) if last in WRAPPERS else len(WRAPPERS)
        return is_optimiser(group), is_averaged(group), -len(groups[group]), rank

    groups = contents.groups()
    return groups[min(groups, key=merit)]


def save_weights(path: str | Path, state: Mapping[str, Tensor], metadata: Mapping[str, Any] | None = None) -> None:
    """Write named tensors as safetensors, with `metadata` (plain JSON values) where `read_weights` finds it again.

    The file is there as a whole or not at all; its folder is made where it is missing. It has a checksum of its
    content, so that `read_weights` knows what was damaged since.

    Raises:
        StoreError: where it cannot be written, as on a full disk.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    said = dict(metadata or {})
    note = {_METADATA_KEY: json.dumps({**said, _CHECKSUM: _checksum(tensors, said)}, sort_keys=True)}

    def write(place: Path) -> None:
        try:
            save_file(tensors, str(place), metadata=note)
        except SafetensorError as error:
            raise _system_error(error) from error

    write_with(Path(path), write)


def _checksum(tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> str:
    """CRC-32 (hex) over tensors and what is said of them: made for what disks do, and ten times faster than a hash."""
    found = zlib.crc32(json.dumps(said, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        found = zlib.crc32(f"\0{name!r} {tensor.dtype} {tuple(tensor.shape)}\0".encode(), found)
        found = zlib.crc32(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data, found)
    return f"{found:08x}"


def _system_error(error: SafetensorError) -> OSError:
    """What the system said, which safetensors has in its message alone."""
    number = re.search(r"os error (\d+)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


@dataclass(frozen=True)
class Taken:
    """What of a file a network was given: the place in it, the places that fit as well, and the tensors left beside.

    Places are as they are asked for after the file's name, "" for the whole of it. `computed` says in words which
    weights the file holds in parts alone.
    """

    key: str = ""
    others: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    computed: str = ""


def fit(weights: Weights, module: nn.Module) -> tuple[dict[str, Tensor], Taken]:
    """The tensors under the names of `module`, each of its shape and dtype, and where they were in the file.

    They are ready for `load_state_dict(strict=True)`. What wrappers put before and into names, and what else is in the
    file, is found by the names that fit: see `convscope.models.fitting`. Counters of batch normalisation
    (num_batches_tracked), which old files lack, may be missing.

    Raises:
        WeightsError: naming what is missing, left over, of another shape, or complex where the module's is real.
    """
    wanted = module.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.items()}
    stored, said = weights.contents.stored, ""
    found = places(stored, shapes)
    if not found or not found[0].fits:
        whole = computed(stored, wanted)
        stored, said = whole.stored, whole.said
        found = places(stored, shapes) if said else found
    if not found or not found[0].fits:
        raise WeightsError(_complaint(weights, stored, wanted, found[0] if found else None))
    place, *others = found
    read = {name: read_tensor(stored[path], path, weights.source) for name, path in place.names.items()}
    for name, tensor in read.items():
        if tensor.is_complex() and not wanted[name].is_complex():
            raise WeightsError(
                f"'{weights.source}': {name} holds complex numbers, and the model's are real: check that the file "
                "was made for this architecture; where only their real part counts, save that, tensor.real"
            )
    if weights.channels == "bgr":
        read = flip_input_channels(read)
    fitted = {name: read.get(name, _zero(value)).to(value.dtype) for name, value in wanted.items()}
    apart = (one.key for one in others if one.fits and not set(one.names.values()) & _paths(place))
    same = tuple(dict.fromkeys([*apart, *place.averages]))
    beside = tuple(path for path in place.beside if stored[path].shape)  # counters are of no account
    return fitted, Taken(place.key, same, beside, said)


def _paths(place: NamesPlace) -> set[str]:
    return set(place.names.values())


def load_into(module: nn.Module, weights: Weights) -> Taken:
    """Where in the file the weights were that `module` has now, all of them; on the meta device it gets its memory.

    Raises:
        WeightsError: if the weights do not fit; the module is then unchanged.
    """
    fitted, taken = fit(weights, module)
    module.load_state_dict(fitted, strict=True, assign=True)
    log.info("loaded %d tensors from %s%s", len(fitted), weights.source, f", {taken.key}" if taken.key else "")
    if taken.computed:
        log.info("computed from their parts: %s", taken.computed)
    if taken.beside:
        log.info("left out %d other tensors: %s", len(taken.beside), few(taken.beside))
    return taken


def flip_input_channels(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors for RGB input where they were trained on BGR (Caffe, OpenCV), or the other way round.

    Reverses the input channels of the first convolution: the first four-dimensional tensor, which must read 3 channels.
    """
    for name, tensor in state.items():
        if tensor.ndim == 4:
            if tensor.shape[1] != 3:
                raise WeightsError(f"the first convolution, {name} {_shape(tensor)}, does not read 3 colour channels")
            return {**state, name: tensor.flip(1).contiguous()}
    raise WeightsError("no convolution among these weights, so there are no input channels to reverse")


def _read_safetensors(path: Path) -> tuple[Contents, dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            metadata = parse_json((file.metadata() or {}).get(_METADATA_KEY, "{}"))
        kept = metadata.pop(_CHECKSUM, None) if isinstance(metadata, dict) else None
        if kept is not None and kept != _checksum(state, metadata):
            raise ValueError("its content is not what its checksum says")
    except (SafetensorError, OSError, ValueError, RecursionError, MemoryError) as error:
        raise WeightsError(f"cannot read '{path}' as safetensors: {error}; is the file complete?") from error
    if not isinstance(metadata, dict):
        raise WeightsError(
            f"cannot read '{path}' as safetensors: what convscope's metadata in it holds is no object but "
            f"{_kind(metadata)}; write the file again with save_weights"
        )
    return _in_memory("a safetensors file", state), metadata


def has_checksum(path: Path) -> bool:
    """Whether a safetensors file, which can be read, was written with a checksum."""
    with safe_open(path, framework="pt") as file:
        return f'"{_CHECKSUM}"' in (file.metadata() or {}).get(_METADATA_KEY, "")


def _read_npz(path: Path) -> Contents:
    try:
        return _in_memory("an .npz pack", {name: torch.from_numpy(array) for name, array in read_npz(path).items()})
    except (ValueError, TypeError) as error:
        raise WeightsError(f"cannot read '{path}' as an .npz pack of numeric arrays: {error}") from error


def _in_memory(kind: str, state: Mapping[str, Tensor]) -> Contents:
    return Contents(kind, {name: Stored.of(tensor) for name, tensor in state.items()})


# -- what to say ------------------------------------------------------------------------------------------------------
def _nothing(source: str, contents: Contents) -> str:
    """What to say of a file without a named tensor."""
    if contents.modules:
        place, name = next(iter(contents.modules.items()))
        where = f" under '{place}'" if place else ""
        return (
            f"'{source}' holds more than tensors: a whole module ({name}){where}, which its maker's code would have to "
            "build, and nothing in a file is ever run; where you trust it, load it and save its state_dict() alone: "
            "torch.save(model.state_dict(), 'weights.pth'), and name the network that they are for"
        )
    kinds = contents.values
    found = kinds[""] if set(kinds) == {""} else f"keys {few(list(kinds))}" if kinds else "nothing at all"
    return (
        f"'{source}' holds no state dict of tensors but {found}: save the model's state_dict() alone, "
        f"or under one of the keys {', '.join(WRAPPERS)}"
    )


def _no_key(source: str, key: str, whole: Contents) -> str:
    groups = {group: len(names) for group, names in whole.groups().items() if group}
    starts = dict.fromkeys(name.partition(".")[0] for name in whole.stored)
    known = [group for group in groups if not is_optimiser(group)] or list(starts)
    return f"'{source}' holds nothing under '{key}'{nearest(key, [*known, *starts])} (there is: {few(known)})"


def _complaint(
    weights: Weights, stored: Mapping[str, Stored], wanted: Mapping[str, Tensor], place: NamesPlace | None
) -> str:
    """What does not fit at the best place, or that no name is anywhere."""
    source = f"{weights.source}{f'#{weights.key}' if weights.key else ''}"
    if place is None:
        group = likeliest(weights.contents)
        own, other = list(wanted), list(group)
        hint = _hint(stored, "") or "check that the file was made for this architecture"
        if [tuple(wanted[name].shape) for name in own] == [one.shape for one in group.values()]:
            hint = "its tensors have the model's shapes in the model's order: rename them in a function of yours"
        return (
            f"the weights of {source} do not fit the model: none of its names ({few(own)}) is among those of the file "
            f"({few(other)}); {hint}"
        )
    parts = []
    misfits = [
        f"{name} {stored[place.names[name]]} where the model has {_shape(wanted[name])}" for name in place.misfits
    ]
    extra = [path.removeprefix(place.prefix) for path in place.extra]
    if place.missing:
        parts.append(f"{len(place.missing)} missing ({few(place.missing)})")
    if extra:
        parts.append(f"{len(extra)} that the model does not have ({few(extra)})")
    if misfits:
        parts.append(f"{len(misfits)} of another shape ({few(misfits)})")
    advice = _hint(stored, place.prefix) or "check that the file was made for this architecture"
    if 0 < len(misfits) <= _FEW and not place.missing and not extra:
        advice += "; a model with other classes is loaded with classes=, one for another input size with input_size="
    where = f", looked for under {place.key}" if place.key else ""
    return f"the weights of {source} do not fit the model{where}: {'; '.join(parts)}; {advice}"


def _hint(stored: Mapping[str, Stored], prefix: str) -> str | None:
    """What to do about weights that are not there as plain numbers."""
    return _quantised(stored) or refused(stored, prefix)


def _quantised(stored: Mapping[str, Stored]) -> str | None:
    """What to do about a quantised network's file, whose tensors are plain but for those that it packs."""
    sign = next((name for name in stored if name.rpartition(".")[2] == "zero_point"), None)
    return sign and f"it is of a quantised network ({sign}): take the one in floating point, as it was before"


def few(names: Sequence[str]) -> str:
    """The first names and how many more there are.

    >>> few(["a", "b", "c", "d", "e"])
    'a, b, c, and 2 more'
    """
    return ", ".join(names[:_SHOWN]) + (f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _zero(like: Tensor) -> Tensor:
    return torch.zeros(like.shape, dtype=like.dtype, device="cpu")
