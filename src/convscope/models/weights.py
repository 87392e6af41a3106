"""Reading and fitting weights without running anything that a file contains.

A pickle is a program: loading one may run any function of any importable module. So `.pth` files are read by torch's
weights-only reader, `.npz` without object arrays, and the one plain pickle among the embedded data by an unpickler that
knows how to make NumPy arrays and nothing else. Whatever asks for more is refused with a message saying what to do.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convscope.data.npz import read_npz
from convscope.errors import WeightsError
from convscope.files import home_expanded, kind_of, parse_json, write_with
from convscope.models.unpickling import load_arrays

log = logging.getLogger(__name__)

TORCH_SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".tar")
SUFFIXES = (".safetensors", *TORCH_SUFFIXES, ".npz", ".pkl")

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")
_METADATA_KEY = "convscope"
_CHECKSUM = "checksum"
_SHOWN = 3
_DEEPEST = 16
_REPEATED = 1 << 26  # bytes that a tensor may have of its own where its storage has fewer
# What torch's reader raises on damaged files.
_TORCH_ERRORS = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    ImportError,
    MemoryError,
    RecursionError,
    struct.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Weights:
    """Named tensors and what the file said of them.

    `metadata` is what `save_weights` was given (preprocessing, class names, architecture), empty for files of other
    origin.
    """

    state: dict[str, Tensor]
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)


def read_weights(path: str | Path) -> Weights:
    """The tensors of a weights file, by name: .safetensors, .pth/.pt/.bin/.ckpt, .npz, or .pkl of NumPy arrays.

    Wrappers of training programs ({"state_dict": ...}, {"model": ...}) are opened; names are left as they are: see
    `fit`.

    Raises:
        WeightsError: if the file is missing, of another kind, damaged, or would have to run code to be read.
    """
    path = home_expanded(path)
    if (kind := kind_of(path)) != "file":
        found = {"folder": "is a folder", "other": "is a device or a pipe"}.get(kind, "does not exist")
        raise WeightsError(f"weights file '{path}' {found}: give a file ending in {', '.join(SUFFIXES)}")
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        return _read_safetensors(path)
    if suffix in TORCH_SUFFIXES:
        return Weights(_unwrap(_read_torch(path), path), str(path))
    if suffix == ".npz":
        return Weights(_read_npz(path), str(path))
    if suffix == ".pkl":
        return Weights(_unwrap(_as_tensors(load_arrays(path)), path), str(path))
    raise WeightsError(f"weights file '{path}' has an unknown ending: it must be one of {', '.join(SUFFIXES)}")


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


def fit(state: Mapping[str, Tensor], module: nn.Module, *, source: str) -> dict[str, Tensor]:
    """The tensors under the names of `module`, each of its shape and dtype: ready for `load_state_dict(strict=True)`.

    Prefixes that wrappers add to every name (module., _orig_mod., model., net.) are removed. Counters of batch
    normalisation (num_batches_tracked), which old files lack, may be missing.

    Raises:
        WeightsError: naming what is missing, left over, or of another shape.
    """
    wanted = module.state_dict()
    state = strip_prefixes(state, wanted)
    missing = [name for name in wanted if name not in state and not name.endswith("num_batches_tracked")]
    extra = [name for name in state if name not in wanted]
    misfits = [
        f"{name} {_shape(state[name])} where the model has {_shape(wanted[name])}"
        for name in wanted
        if name in state and state[name].shape != wanted[name].shape
    ]
    if missing or extra or misfits:
        raise WeightsError(_complaint(source, missing, extra, misfits))
    return {name: state.get(name, _zero(value)).to(value.dtype) for name, value in wanted.items()}


def load_into(module: nn.Module, weights: Weights) -> None:
    """Give `module` these weights, all of them and nothing else; on the meta device it gets its memory here.

    Raises:
        WeightsError: if the weights do not fit; the module is then unchanged.
    """
    fitted = fit(weights.state, module, source=weights.source)
    module.load_state_dict(fitted, strict=True, assign=True)
    log.info("loaded %d tensors from %s", len(fitted), weights.source)


def strip_prefixes(state: Mapping[str, Tensor], wanted: Iterable[str]) -> dict[str, Tensor]:
    """The tensors without the prefixes that all their names share and that the wanted names do not have.

    >>> list(strip_prefixes({"module._orig_mod.fc.weight": torch.zeros(1)}, ["fc.weight"]))
    ['fc.weight']
    """
    stripped, wanted = dict(state), list(wanted)
    found = True
    while found:
        found = False
        for prefix in _PREFIXES:
            if (
                stripped
                and all(name.startswith(prefix) for name in stripped)
                and not any(name.startswith(prefix) for name in wanted)
            ):
                stripped = {name.removeprefix(prefix): tensor for name, tensor in stripped.items()}
                found = True
    return stripped


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


def _read_safetensors(path: Path) -> Weights:
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
    return Weights(state, str(path), metadata)


def has_checksum(path: Path) -> bool:
    """Whether a safetensors file, which can be read, was written with a checksum."""
    with safe_open(path, framework="pt") as file:
        return f'"{_CHECKSUM}"' in (file.metadata() or {}).get(_METADATA_KEY, "")


def _read_torch(path: Path) -> Any:
    try:
        _check_archive(path)
        with warnings.catch_warnings():
            # About protocols of pickle, to files that are refused in a moment or read all the same.
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"'{path}' holds more than tensors ({_first_global(error)}), and reading it could run code: "
            "if you trust it, load it where it was made and save its state_dict() alone, "
            "with torch.save or safetensors.torch.save_file"
        ) from error
    except _TORCH_ERRORS as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"cannot read '{path}' as a torch checkpoint: {first}; is it a complete file written by torch.save "
            "(exported programs: pt2:FILE)?"
        ) from error


def _check_archive(path: Path) -> None:
    """Raise ValueError for an archive that inflates or is not as it was written.

    torch.save does not compress, so its files are their own bound. It writes checksums that torch.load does not look
    at; without them (torch.serialization.set_crc32_options) they are 0.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED or member.file_size > path.stat().st_size:
                raise ValueError(f"its part {member.filename} is compressed, which torch.save never does")
        for member in archive.infolist():
            if member.CRC:
                _read_through(archive, member)


def _read_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a part to its end, which raises BadZipFile where its checksum does not hold."""
    with archive.open(member) as file:
        while file.read(1 << 20):
            pass


def _first_global(error: Exception) -> str:
    """The line of torch's long explanation that names what it met."""
    lines = [line.strip() for line in str(error).splitlines()]
    named = [line for line in lines if "GLOBAL" in line or "Unsupported" in line]
    return (named or lines or ["a pickle"])[0]


def _read_npz(path: Path) -> dict[str, Tensor]:
    try:
        return {name: torch.from_numpy(array) for name, array in read_npz(path).items()}
    except (ValueError, TypeError) as error:
        raise WeightsError(f"cannot read '{path}' as an .npz pack of numeric arrays: {error}") from error


def _as_tensors(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_tensors(item) for key, item in value.items()}
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _unwrap(loaded: Any, path: Path) -> dict[str, Tensor]:
    """The state dict in what a checkpoint held."""
    for _ in range(_DEEPEST):  # a dictionary may hold itself
        if not isinstance(loaded, Mapping):
            break
        inner = next((loaded[key] for key in _WRAPPERS if isinstance(loaded.get(key), Mapping)), None)
        if inner is None:
            break
        loaded = inner
    if isinstance(loaded, Mapping) and loaded and all(isinstance(value, Tensor) for value in loaded.values()):
        return _checked(dict(cast(Mapping[str, Tensor], loaded)), path)
    found = f"keys {_few([str(key) for key in loaded])}" if isinstance(loaded, Mapping) else type(loaded).__name__
    raise WeightsError(
        f"'{path}' holds no state dict of tensors but {found}: save the model's state_dict() alone, "
        f"or under one of the keys {', '.join(_WRAPPERS)}"
    )


def _checked(state: dict[Any, Tensor], path: Path) -> dict[str, Tensor]:
    """The state; raises WeightsError where a tensor has no name, or says that it has more numbers than there are."""
    for name, tensor in state.items():
        if not isinstance(name, str):
            raise WeightsError(f"'{path}' holds a tensor under {_kind(name)}: a state dict has names")
        if tensor.layout == torch.strided and tensor.nbytes > max(tensor.untyped_storage().nbytes(), _REPEATED):
            raise WeightsError(
                f"'{path}': {name} {_shape(tensor)} repeats a few numbers to {tensor.nbytes} bytes; save it with "
                "tensor.contiguous()"
            )
    return state


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


def _complaint(source: str, missing: list[str], extra: list[str], misfits: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing)} missing ({_few(missing)})")
    if extra:
        parts.append(f"{len(extra)} that the model does not have ({_few(extra)})")
    if misfits:
        parts.append(f"{len(misfits)} of another shape ({_few(misfits)})")
    advice = "check that the file was made for this architecture"
    if misfits and not missing and not extra:
        advice += "; a model with other classes is loaded with classes=, one for another input size with input_size="
    return f"the weights of {source} do not fit the model: {'; '.join(parts)}; {advice}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _zero(like: Tensor) -> Tensor:
    return torch.zeros(like.shape, dtype=like.dtype, device="cpu")
