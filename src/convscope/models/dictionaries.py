"""Files of directions: the arrays of a dictionary as safetensors, and what they are as JSON in its metadata; no code.

A file may come from a stranger: nothing of it is believed that does not hold, and nothing of it is run.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse
from safetensors.numpy import save

from convscope.errors import StoreError, UsageError, WeightsError
from convscope.files import check_name, home_expanded, kind_of, parse_json, read_regular, write_bytes, writing
from convscope.graph import Dictionary
from convscope.verification import DamagedFile, SoundFile

FORMAT, SCHEMA = "convscope directions", 1
FILE = "dictionary.safetensors"
"""What the file is called in a folder that `directions` keeps its work in."""

ARRAYS = ("encoder", "bias", "decoder", "offset")
_SAID: Mapping[str, type | tuple[type, ...]] = {
    "name": str, "layer": str, "kind": str, "active": (int, type(None)), "network": (str, type(None)),
}  # fmt: skip
_KEY, _MOST = "convscope", 1 << 30  # bytes of a file


def write_dictionary(path: Path, dictionary: Dictionary, question: str | None = None) -> int:
    """The number of bytes of the file that holds the dictionary, written all or not at all.

    question: a digest of what it is the answer to, see `expect_free`.

    Raises:
        StoreError: where it cannot be written.
    """
    return write_bytes(path, dictionary_bytes(dictionary, question))


def expect_free(path: Path, question: str | None) -> None:
    """Nothing where a dictionary that answers this question can be written to a path, which is tried.

    Raises:
        StoreError: where it cannot, or is there already, and is no file of directions that answer the same question.
    """
    check_name(path)
    there = kind_of(path)
    if there == "file" and (question is None or _question_in(path) != question):
        ours = "directions that answer another question" if _is_ours(path) else "another kind"
        raise StoreError(f"{path} is there already, a file of {ours}: name another file, or delete this one first")
    if there in ("folder", "other"):
        raise StoreError(f"{path} is there already, and is no file: name a file for the directions")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass


def dictionary_bytes(dictionary: Dictionary, question: str | None = None) -> bytes:
    """The bytes of the file that holds a dictionary."""
    arrays = {name: np.ascontiguousarray(getattr(dictionary, name)) for name in ARRAYS}
    about = {name: getattr(dictionary, name) for name in _SAID}
    said = {"format": FORMAT, "schema": SCHEMA, **about, "sha256": _digest(arrays, about)}
    said |= {} if question is None else {"question": question}
    return save(arrays, {_KEY: json.dumps(said, sort_keys=True)})


def read_dictionary(path: str | Path) -> Dictionary:
    """The dictionary in a file, or in a folder that `directions` kept its work in.

    Raises:
        WeightsError: where there is no such file, or it is none of ours, damaged, or makes no sense.
    """
    place = home_expanded(path)
    if kind_of(place) == "folder":
        place = _in_folder(place)
    try:
        return _parsed(read_regular(place, _MOST))
    except FileNotFoundError as error:
        raise WeightsError(f"there is no file of directions '{place}': learn some, and name the file") from error
    except (OSError, ValueError, UsageError) as error:
        raise WeightsError(f"'{place}' holds no directions: {error}; learn them again") from error


def _in_folder(folder: Path) -> Path:
    """The file of a folder that `directions` kept its work in; raises WeightsError where it is no such folder."""
    if kind_of(folder / FILE) == "file":
        return folder / FILE
    files = sorted(one.name for one in folder.glob("*.safetensors"))[:3]
    beside = f"; it holds {', '.join(files)}: name the file" if files else ""
    raise WeightsError(
        f"'{folder}' is a folder in which no directions are kept (no {FILE}): name the file that they were written to, "
        f"or the folder that was their store={beside}"
    )


def read_dictionaries(paths: str | Path | Sequence[str | Path] | None) -> list[Dictionary]:
    """The dictionaries in one file or several; none for None. Raises WeightsError as `read_dictionary`."""
    return [read_dictionary(one) for one in ([paths] if isinstance(paths, str | Path) else paths or ())]


def verify_directions(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """Every file of directions in a folder, not in those below: those that say that they are, and what is called so."""
    for path in sorted(folder.glob("*.safetensors")):
        if not path.is_file() or not (path.name == FILE or FORMAT.encode() in _start(path)):
            continue
        try:
            found = _parsed(read_regular(path, _MOST))
            yield SoundFile(path.name, f"{len(found)} directions of {found.layer}")
        except (OSError, ValueError, UsageError) as error:
            yield DamagedFile(path.name, str(error), "learn them again: the same call writes it anew")


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 16)


def _question_in(path: Path) -> str | None:
    """The digest of what the directions in a file answer; None where it says nothing of the kind."""
    try:
        found = _said_in(read_regular(path, _MOST)).get("question")
    except (OSError, ValueError):
        return None
    return found if isinstance(found, str) else None


def _is_ours(path: Path) -> bool:
    try:
        return bool(_said_in(read_regular(path, _MOST)))
    except (OSError, ValueError):
        return False


def _said_in(content: bytes) -> dict[str, Any]:
    """What a file of directions says of itself; raises ValueError where the bytes are none."""
    size = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + size]) if len(content) >= 8 + size else None
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    text = metadata.get(_KEY) if isinstance(metadata, dict) else None
    said = parse_json(text) if isinstance(text, str) else None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError("it is another kind of file")
    return said


def _parsed(content: bytes) -> Dictionary:
    """The dictionary; raises ValueError, or UsageError, where the bytes are none."""
    said = _said_in(content)
    if said.get("schema") != SCHEMA:
        raise ValueError(f"it is of schema {str(said.get('schema'))[:20]}, and {SCHEMA} is what this version reads")
    about = {name: said.get(name) for name in _SAID}
    strange = [n for n, kind in _SAID.items() if not isinstance(about[n], kind) or isinstance(about[n], bool)]
    if strange:
        raise ValueError(f"what it says of its {', '.join(strange)} makes no sense")
    try:
        arrays = parse(content)
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"no safetensors: {error}") from error
    if set(arrays) != set(ARRAYS):
        raise ValueError(f"it has other arrays than {', '.join(ARRAYS)}")
    if said.get("sha256") != _digest(arrays, about):
        raise ValueError("its content is not what its checksum says")
    fields: dict[str, Any] = {**about, **arrays}
    return Dictionary(**fields)


def _digest(arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> str:
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in ARRAYS:
        found.update(f"\0{name}{arrays[name].dtype.str}{arrays[name].shape}\0".encode())
        found.update(np.ascontiguousarray(arrays[name]).data)
    return found.hexdigest()


__all__ = ["FILE", "dictionary_bytes", "expect_free", "read_dictionaries", "read_dictionary", "verify_directions",
           "write_dictionary"]  # fmt: skip
