"""Files of directions: written and read as they were, and nothing believed of what they are not."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

import convscope as cs
from convscope.errors import UsageError, WeightsError
from convscope.models.dictionaries import FILE, dictionary_bytes, read_dictionary, write_dictionary
from tests.graph.test_directions import dictionary


def header(content: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def with_header(found: dict[str, Any], rest: bytes) -> bytes:
    text = json.dumps(found).encode()
    return len(text).to_bytes(8, "little") + text + rest


def said(content: bytes, **changed: Any) -> bytes:
    """The file with something else said of its arrays."""
    found, rest = header(content)
    about = json.loads(found["__metadata__"]["convscope"])
    found["__metadata__"] = {"convscope": json.dumps(about | changed)}
    return with_header(found, rest)


@pytest.mark.parametrize(("kind", "active"), [("sae", 3), ("sae", None), ("nmf", 1), ("pca", None)])
def test_what_is_written_is_read_again(kind: str, active: int | None, tmp_path: Path) -> None:
    made = replace(dictionary(kind=kind, active=active), network="ab" * 32)
    path = tmp_path / "d.safetensors"
    assert write_dictionary(path, made) == path.stat().st_size
    assert path.read_bytes() == dictionary_bytes(made)
    for place in (path, str(path)):
        found = read_dictionary(place)
        for one in fields(made):
            assert np.array_equal(getattr(found, one.name), getattr(made, one.name)), one.name
    write_dictionary(tmp_path / "work" / FILE, made)
    assert read_dictionary(tmp_path / "work").network == made.network


def test_a_network_is_loaded_with_them(tmp_path: Path) -> None:
    net = cs.load("zoo:tiny")
    made = replace(dictionary("conv1", channels=net.layers["conv1"].channels), network=net.plain_fingerprint)
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    write_dictionary(one, made)
    write_dictionary(other, replace(made, name="e"))
    assert cs.load("zoo:tiny", directions=one).directions == ("conv1~d",)
    assert cs.load("zoo:tiny", directions=[one, str(other)]).directions == ("conv1~d", "conv1~e")
    with pytest.raises(UsageError, match="learned on another network"):
        cs.load("zoo:tiny", seed=1, directions=one)


def damaged(content: bytes) -> dict[str, tuple[bytes, str]]:
    found, rest = header(content)
    wide = {name: one for name, one in found.items() if name != "bias"}
    big = {**found, "encoder": {**found["encoder"], "shape": [1 << 40, 1 << 40]}}
    deep = b"[" * 100_000
    other = save({"a": np.zeros(3, np.float32)}, {"convscope": json.dumps({"format": "another"})})
    return {
        "empty": (b"", "another kind of file|Expecting value"),
        "cut": (content[: len(content) // 2], "no safetensors|another kind"),
        "pickle": (b"\x80\x04cos\nsystem\n(S'touch marker'\ntR.", "another kind of file"),
        "no header": (b"\xff" * 64, "another kind of file"),
        "nested": (len(deep).to_bytes(8, "little") + deep, "nested too deeply|Expecting value"),
        "other": (other, "another kind of file"),
        "fewer arrays": (with_header(wide, rest), "no safetensors|other arrays"),
        "shapes that overflow": (with_header(big, rest), "no safetensors"),
        "schema": (said(content, schema=2), "it is of schema 2"),
        "kind": (said(content, kind=["sae"]), "what it says of its kind makes no sense"),
        "active": (said(content, active=True), "what it says of its active makes no sense"),
        "renamed": (said(content, name="e"), "its content is not what its checksum says"),
        "bytes": (content[:-1] + bytes([content[-1] ^ 1]), "its content is not what its checksum says"),
    }


@pytest.mark.parametrize("name", damaged(dictionary_bytes(dictionary())))
def test_what_is_no_file_of_directions_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, reason = damaged(dictionary_bytes(dictionary()))[name]
    path = tmp_path / "d.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"d\.safetensors' holds no directions: .*({reason})"):
        read_dictionary(path)
    assert [one.name for one in tmp_path.iterdir()] == ["d.safetensors"]


def test_a_file_that_contradicts_itself_is_refused_in_the_words_of_the_dictionary(tmp_path: Path) -> None:
    """With a checksum that holds, as whoever makes such a file on purpose gives it."""
    made = dictionary()
    for change, reason in (({"bias": np.full(9, np.nan, np.float32)}, "not all numbers are finite"),
                           ({"active": 99}, "1 to 9 can be active"),
                           ({"layer": "../../evil~x"}, "no layer that a dictionary can be of"),
                           ({"offset": np.zeros(4, np.float32)}, r"offset has the shape \(4,\)"),
                           ({"offset": np.zeros(6)}, "arrays of float32")):  # fmt: skip
        strange = object.__new__(type(made))
        for one in fields(made):
            object.__setattr__(strange, one.name, {**vars(made), **change}[one.name])
        (tmp_path / "d.safetensors").write_bytes(dictionary_bytes(strange))
        with pytest.raises(WeightsError, match=reason):
            read_dictionary(tmp_path / "d.safetensors")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WeightsError, match="no regular file"):
        read_dictionary(tmp_path / "pipe")
    with pytest.raises(WeightsError, match="there is no file of directions"):
        read_dictionary(tmp_path / "missing.safetensors")
    with pytest.raises(WeightsError, match="is a folder in which no directions are kept"):
        read_dictionary(tmp_path)


def test_a_folder_without_directions_says_which_file_or_folder_is_meant(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_dictionary(tmp_path / "mine" / "sae.safetensors", dictionary())
    with pytest.raises(WeightsError, match=rf"empty' is a folder in which no directions are kept \(no {FILE}\): name"):
        read_dictionary(tmp_path / "empty")
    with pytest.raises(WeightsError, match=r"; it holds sae\.safetensors: name the file$"):
        cs.load("zoo:tiny", directions=tmp_path / "mine")
