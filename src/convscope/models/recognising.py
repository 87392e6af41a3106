"""What kind of file weights are in, by what it holds: names end as they like, and downloads are not what they say."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from convscope.errors import WeightsError

FileKind = Literal["safetensors", "archive", "pickle", "npz"]

TORCH_SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".tar")
SUFFIXES = (".safetensors", *TORCH_SUFFIXES, ".npz", ".pkl")
"""How files of weights mostly end; what is in them decides."""

_GLANCE = 512
_UNPACK = "unpack it first, and give what is in it"

_OTHERS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"\x89HDF\r\n\x1a\n",), "an HDF5 file, as Keras and Caffe write them", "convert it to PyTorch first"),
    ((b"\x1f\x8b",), "compressed with gzip", _UNPACK),
    ((b"BZh",), "compressed with bzip2", _UNPACK),
    ((b"\xfd7zXZ\0",), "compressed with xz", _UNPACK),
    ((b"\x28\xb5\x2f\xfd",), "compressed with zstd", _UNPACK),
    ((b"7z\xbc\xaf\x27\x1c", b"Rar!"), "a packed archive", _UNPACK),
    ((b"GGUF",), "a GGUF file, which holds quantised weights", "take the network's own weights in floating point"),
    ((b"\x93NUMPY",), "a single NumPy array", "a network needs its tensors by name: write them with numpy.savez"),
    (
        (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml"),
        "a web page",
        "the download gave a page instead of the file; fetch it again, by the link to the file itself",
    ),
    (
        (b"version https://git-lfs",),
        "the pointer that Git LFS keeps in a file's place",
        "fetch the file itself with 'git lfs pull'",
    ),
)
_ONNX = "an ONNX network"
_CONVERT = (
    "convscope reads PyTorch's: load it with a converter such as onnx2torch in a function of yours, and give that"
)


def recognise(path: Path) -> FileKind:
    """What reads the file, told by its content.

    Raises:
        WeightsError: for files of other kinds, each with what to do about it, and for what is known by no sign.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_GLANCE)
    except OSError as error:
        raise WeightsError(f"cannot read '{path}': {error.strerror or error}") from error
    if not start:
        raise WeightsError(f"cannot read '{path}': the file is empty; was it written, or fetched, to its end?")
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= path.stat().st_size:
        return "safetensors"
    if start.startswith(b"PK"):
        return _archive(path)
    if start[0] == 0x80 and start[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return "pickle"
    for signs, what, advice in _OTHERS:
        if start.startswith(signs):
            raise WeightsError(f"'{path}' is {what}: {advice}")
    _refuse_others(path, start)
    # Old pickles begin like texts, and so does what is none of all these: the reader that its name asks for says why.
    suffix = path.suffix.lower()
    if suffix in (".safetensors", ".npz"):
        return "safetensors" if suffix == ".safetensors" else "npz"
    if suffix in (*TORCH_SUFFIXES, ".pkl", ".pickle", ".p"):
        return "pickle"
    raise WeightsError(
        f"'{path}' holds no weights of a kind that is known (it begins with {start[:8]!r}): give what torch.save, "
        f"safetensors or numpy.savez wrote, mostly ending in {', '.join(SUFFIXES)}"
    )


def _refuse_others(path: Path, start: bytes) -> None:
    """Raise WeightsError for kinds whose sign is not at their very beginning."""
    if path.suffix.lower() == ".onnx" or (start[0] == 8 and b"pytorch" in start[:64]):
        raise WeightsError(f"'{path}' is {_ONNX}: {_CONVERT} as py:package.module:factory")
    if start[4:8] == b"TFL3":
        raise WeightsError(f"'{path}' is a TensorFlow Lite network: convert it to PyTorch first")
    if start[257:262] == b"ustar":
        raise WeightsError(f"'{path}' is a tar archive, not what torch.save writes: {_UNPACK}")
    if start[:1] == b"{" and path.suffix.lower() == ".json":
        raise WeightsError(f"'{path}' is JSON text, which names weights and holds none: give the files that it names")


def _archive(path: Path) -> FileKind:
    """What of the kinds that are ZIP archives a file is."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, RuntimeError) as error:
        raise WeightsError(
            f"cannot read '{path}': it begins as torch.save and numpy.savez begin, and {_lower(error)}; "
            "is it a complete file?"
        ) from error
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        raise WeightsError(
            f"'{path}' is TorchScript, a program of its own, which convscope does not run: save its numbers where you "
            "trust it, torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth'), and name the network that they "
            "are for, as in py:package.module:factory; or export the module with torch.export.save for pt2:FILE"
        )
    if "archive_format" in inner or "serialized_exported_program.json" in {*inner, *names}:
        raise WeightsError(f"'{path}' is a program that torch.export.save wrote: name it as pt2:{path}")
    if "data.pkl" in inner:
        return "archive"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    if "model.weights.h5" in names:
        raise WeightsError(f"'{path}' is a Keras network: convert it to PyTorch first")
    known = ", ".join(names[:3]) or "nothing"
    raise WeightsError(f"'{path}' is a ZIP archive that holds {known}, and no weights: {_UNPACK}")


def _lower(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
