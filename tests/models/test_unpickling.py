"""The reader of pickled arrays admits arrays of numbers and nothing else."""

import argparse
import collections
import datetime
import decimal
import enum
import io
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.errors import WeightsError
from convscope.models.unpickling import DAMAGE, Made, Named, Persistent, load_arrays, read_pickle


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.pkl"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_arrays_in_containers_come_back(tmp_path: Path, protocol: int) -> None:
    kept = {
        "conv1": [np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.arange(3.0)],
        "columns": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        "text": ("a", 1, 2.5, None, True),
        "empty": np.zeros((0, 3), np.uint8),
        "big endian": np.arange(3, dtype=">f4"),
    }
    found = load_arrays(written(tmp_path, pickle.dumps(kept, protocol=protocol)))
    assert found.keys() == kept.keys()
    assert found["text"] == kept["text"]
    for name in ("columns", "empty", "big endian"):
        assert found[name].dtype == kept[name].dtype.newbyteorder("=")
        assert np.array_equal(found[name], kept[name])
    assert np.array_equal(found["conv1"][0], kept["conv1"][0])
    assert np.array_equal(found["conv1"][1], kept["conv1"][1])


def test_names_of_older_numpy_are_known(tmp_path: Path) -> None:
    content = pickle.dumps(np.arange(4.0), protocol=3)
    old = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != content
    assert np.array_equal(load_arrays(written(tmp_path, old)), np.arange(4.0))


PROGRAMS = {
    "os.system": b"cos\nsystem\n(S'touch PROOF'\ntR.",
    "posix.mkdir": b"cposix\nmkdir\n(S'PROOF'\ntR.",
    "builtins.eval": b'cbuiltins\neval\n(S\'__import__("os").mkdir("PROOF")\'\ntR.',
    "numpy.load": b"cnumpy\nload\n(S'x.npy'\ntR.",
    "numpy function in another module": b"cnumpy.testing\nrundocs\n(S'x'\ntR.",
    "stack global": b"\x80\x04\x8c\x05posix\x8c\x05mkdir\x93\x8c\x05PROOF\x85R.",
    "attribute of an admitted class": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
    "object construction": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_programs_are_refused_before_they_run(tmp_path: Path, program: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r"refers to .* which is no NumPy array"):
        load_arrays(written(tmp_path, program))
    assert not Path("PROOF").exists()


def test_object_arrays_are_refused(tmp_path: Path) -> None:
    content = pickle.dumps(np.array(["a", 1, None], dtype=object), protocol=3)
    with pytest.raises(WeightsError, match="not a plain array of numbers"):
        load_arrays(written(tmp_path, content))


def test_other_classes_are_refused_by_name(tmp_path: Path) -> None:
    content = pickle.dumps(collections.Counter("aab"))
    with pytest.raises(WeightsError, match=r"refers to collections\.Counter.*convert it to \.safetensors"):
        load_arrays(written(tmp_path, content))


def test_admitted_names_cannot_be_used_to_take_memory(tmp_path: Path) -> None:
    """numpy.ndarray called with a huge shape, and _reconstruct with one: neither allocates."""
    for program in (
        b"\x80\x03cnumpy\nndarray\n(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ftR.",
        b"\x80\x03cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7ftC\x01btR.",
    ):
        with pytest.raises(WeightsError, match="neither an array nor a plain value"):
            load_arrays(written(tmp_path, program))


def test_arrays_whose_bytes_do_not_fit_are_refused(tmp_path: Path) -> None:
    content = pickle.dumps(np.arange(5, dtype=np.uint8), protocol=3)
    assert content.count(b"K\x05\x85") == 1  # the shape (5,)
    with pytest.raises(WeightsError, match="a type and a shape that fit"):
        load_arrays(written(tmp_path, content.replace(b"K\x05\x85", b"K\x09\x85")))


def test_endless_containers_are_refused(tmp_path: Path) -> None:
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(WeightsError, match="nested"):
        load_arrays(written(tmp_path, pickle.dumps(ring)))


def test_arrays_can_be_written_to(tmp_path: Path) -> None:
    assert all(
        load_arrays(written(tmp_path, pickle.dumps(np.arange(3), protocol=protocol))).flags.writeable
        for protocol in (3, 5)
    )


@pytest.mark.parametrize("content", [b"", b"\x80", b"garbage", pickle.dumps(np.arange(1000.0))[:200]])
def test_damaged_pickles_are_one_clear_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        load_arrays(written(tmp_path, content))


def test_the_reader_would_notice_if_os_were_admitted() -> None:
    """The programs above are programs: the standard reader runs one."""
    assert pickle.loads(b"cos\ngetcwd\n(tR.") == str(Path.cwd())  # noqa: S301


# Pickles that say little and mean much


def test_lists_that_hold_each_other_many_times_are_refused_at_once(tmp_path: Path) -> None:
    shared: list[object] = [1] * 12
    for _ in range(14):
        shared = [shared] * 12
    start = time.monotonic()
    with pytest.raises(WeightsError, match="more than 1000000 values"):
        load_arrays(written(tmp_path, pickle.dumps({"a": shared})))
    assert time.monotonic() - start < 10


def test_an_array_held_twice_is_one_array(tmp_path: Path) -> None:
    array = np.arange(6.0)
    found = load_arrays(written(tmp_path, pickle.dumps({"a": array, "b": [array, array]})))
    assert np.array_equal(found["a"], array)
    assert found["a"] is found["b"][0] is found["b"][1]


def test_a_memo_of_many_places_is_refused(tmp_path: Path) -> None:
    # LONG_BINPUT under the number 2,000,000,000, for which the standard reader makes a table of 32 GB.
    with pytest.raises(WeightsError, match="remembers a value under the number 2000000000"):
        load_arrays(written(tmp_path, b"\x80\x03Nr" + (2_000_000_000).to_bytes(4, "little") + b"."))


def test_arrays_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    content = pickle.dumps(np.zeros(1000), protocol=3)
    # The whole array, but for the end of the pickle, and its bytes taken from the memo by further arrays.
    kept = content[:-1]
    again = content[2:-1]
    at = again.index(b"B\x40\x1f\x00\x00")
    end = at + 5 + 8000
    memo = int(again[end + 1])  # q NUMBER: where the bytes are remembered
    assert again[end : end + 1] == b"q"
    copy = again[:at] + b"h" + bytes([memo]) + again[end + 2 :]
    many = kept + copy * 3
    program = b"\x80\x03(" + many[2:] + b"t."
    with pytest.raises(WeightsError, match="larger together than the file"):
        load_arrays(written(tmp_path, program))


def test_a_pickle_of_many_instructions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="more than 1000000 instructions"):
        load_arrays(written(tmp_path, b"\x80\x03]" + b"N0" * 600_000 + b"."))


@pytest.mark.parametrize("attribute", ["__defaults__", "__kwdefaults__", "__name__", "mark"])
def test_a_pickle_changes_nothing_of_the_reader(tmp_path: Path, attribute: str) -> None:
    name = attribute.encode()
    program = b"\x80\x03cnumpy._core.numeric\n_frombuffer\nN}X" + len(name).to_bytes(4, "little") + name + b"Ns\x86b."
    kinds = (Named, Made, Persistent, read_pickle)
    before = [(dict(vars(kind)), getattr(kind, attribute, "missing")) for kind in kinds]
    with pytest.raises(WeightsError, match="cannot read"):
        load_arrays(written(tmp_path, program))
    assert [(dict(vars(kind)), getattr(kind, attribute, "missing")) for kind in kinds] == before


def test_keys_that_are_no_plain_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="a key that is no plain value but a tuple"):
        load_arrays(written(tmp_path, pickle.dumps({(1, 2): 3})))


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f.",  # a frame of 2^63 bytes
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",  # bytes of that length
        b"\x80\x03I" + b"9" * 5000 + b"\n.",  # a number of more digits than Python reads
    ],
)
def test_absurd_lengths_are_errors(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        load_arrays(written(tmp_path, content))


# Descriptions


class Kind(enum.Enum):
    """An enum of a stranger's."""

    OLD = 1


VALUES: dict[str, tuple[Any, str]] = {
    "namespace": (argparse.Namespace(lr=0.1), "argparse.Namespace"),
    "date": (datetime.datetime(2024, 5, 1), "datetime.datetime"),
    "path": (Path("a/b"), "PosixPath"),
    "enum": (Kind.OLD, "test_unpickling.Kind"),
    "counter": (collections.Counter("aab"), "collections.Counter"),
    "default dictionary": (collections.defaultdict(list, a=[1]), "collections.defaultdict"),
    "ordered dictionary": (collections.OrderedDict(a=1), "collections.OrderedDict"),
    "scalar": (np.float64(0.5), "multiarray.scalar"),
    "complex": (1 + 2j, "builtin"),
    "function": (np.mean, "numpy"),
    "range": (range(3), "range"),
    "decimal": (decimal.Decimal("0.1"), "decimal.Decimal"),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", VALUES)
def test_what_is_not_plain_is_described(kind: str, protocol: int) -> None:
    value, name = VALUES[kind]
    held = {"before": [1, "x", 2.5, True, None, (1,)], "value": value, "after": {1, 2}}
    found = read_pickle(io.BytesIO(pickle.dumps(held, protocol)))
    assert found["before"] == [1, "x", 2.5, True, None, (1,)]
    described = found["value"]
    while isinstance(described, Made) and str(described.maker) in ("copy_reg._reconstructor", "__builtin__.getattr"):
        described = described.arguments[0]  # how old protocols say it
    while isinstance(described, Made) and str(described.maker) == "builtins.getattr":
        described = described.arguments[0]
    assert isinstance(described, Made | Named)
    assert name in str(described)


def test_every_plain_value_comes_back_in_every_protocol() -> None:
    value = {
        "numbers": [0, 255, 65536, -1, 2**40, -(2**70), 1.5, True, False, None],
        "texts": ["", "a", "dög", "x" * 300],
        "nested": [[], {}, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {"a": {1: (2, [3])}}],
    }
    for protocol in range(6):
        assert read_pickle(io.BytesIO(pickle.dumps(value, protocol))) == value
    strings = [b"", b"ab", b"x" * 300, b"y" * 70_000]  # made by a function before protocol 3
    for protocol in (3, 4, 5):
        assert read_pickle(io.BytesIO(pickle.dumps(strings, protocol))) == strings
    assert read_pickle(io.BytesIO(pickle.dumps([bytearray(b"cd")], 5))) == [bytearray(b"cd")]


@pytest.mark.parametrize(
    "program",
    [
        b"cos\nsystem\n(S'touch PROOF'\ntR.",
        b"cposix\nmkdir\n.",
        b"csubprocess\nPopen\n.",
        b"c__builtin__\neval\n.",
        b"cbuiltins\nexec\n.",
        b"\x80\x04\x8c\x05posix\x8c\x05mkdir\x93\x8c\x05PROOF\x85R.",
        b"(S'PROOF'\nios\nmkdir\n.",
        b"cimportlib._bootstrap\n_gcd_import\n.",
    ],
)
def test_what_only_a_hostile_file_names_is_refused_by_name(program: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError, match="do not load it anywhere"):
        read_pickle(io.BytesIO(program))


@pytest.mark.parametrize(
    "program", [b"\x80\x02\x82\x01.", b"\x80\x05\x97.", b"\x80\x02N}b.", b"\x80\x02NNNs.", b"\x80\x02\x87.", b"."]
)
def test_instructions_that_have_no_place_are_damage(program: bytes) -> None:
    with pytest.raises(DAMAGE):
        read_pickle(io.BytesIO(program))


def test_tuples_without_end_are_no_keys() -> None:
    """Hashing one would follow it down, in C, to the end of the stack."""
    with pytest.raises(pickle.UnpicklingError, match="has a tuple for a key"):
        read_pickle(io.BytesIO(b"\x80\x02})" + b"\x85" * 500_000 + b"Ns."))
