"""Tables of rows: what was written comes back, and what is not as it was written counts as not there."""

import errno
import json
import multiprocessing
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from convscope.data import rows as rows_module
from convscope.data.rows import ABSENT, THERE, UNREADABLE, Rows, open_rows, read_rows
from convscope.errors import StoreError
from tests.mutations import mutate

SAID = {"source": "abc", "size": [3, 5]}
CONTENT = np.random.default_rng(0).standard_normal((40, 3, 5)).astype(np.float32)


def table(path: Path, said: object = SAID) -> Rows:
    return open_rows(path, {"of": said}, count=40, shape=(3, 5), dtype=np.dtype("<f4"))


def filled(path: Path) -> Rows:
    rows = table(path)
    for index in range(0, 40, 2):
        rows.put(index, CONTENT[index])
    rows.mark_unreadable(7)
    return rows


def test_rows_come_back_in_any_order(tmp_path: Path) -> None:
    filled(tmp_path / "a.rows")
    rows = table(tmp_path / "a.rows")
    for index in (38, 0, 12):
        assert np.array_equal(rows.get(index), CONTENT[index])  # pyright: ignore[reportArgumentType]
    assert rows.get(1) is None
    assert rows.get(7) is None
    expected = [THERE if i % 2 == 0 else UNREADABLE if i == 7 else ABSENT for i in range(40)]
    assert rows.states().tolist() == expected
    assert rows.written().tolist() == [i for i, state in enumerate(expected) if state]
    assert rows.intact([0, 1, 7, 2]).tolist() == [True, False, True, True]


def test_rows_are_copies_that_may_be_changed(tmp_path: Path) -> None:
    rows = filled(tmp_path / "a.rows")
    one = rows.get(0)
    assert one is not None
    one[:] = 0
    assert np.array_equal(rows.get(0), CONTENT[0])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("index", [40, -41, 10**12])
def test_there_is_no_row_beyond_the_table(tmp_path: Path, index: int) -> None:
    rows, before = filled(tmp_path / "a.rows"), (tmp_path / "a.rows").read_bytes()
    with pytest.raises(IndexError):
        rows.get(index)
    with pytest.raises(IndexError):
        rows.put(index, CONTENT[0])
    assert (tmp_path / "a.rows").read_bytes() == before


def test_a_file_grows_with_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    rows = open_rows(path, {}, count=1000, shape=(224, 224, 3), dtype=np.dtype(np.uint8))
    assert path.stat().st_size < 20_000
    rows.put(2, np.full((224, 224, 3), 9, np.uint8))
    assert path.stat().st_size < 20_000 + 3 * 224 * 224 * 3


# -- what does not hold -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(100))
def test_no_mutation_gives_another_row(tmp_path: Path, seed: int) -> None:
    filled(tmp_path / "a.rows")
    done = mutate(tmp_path, seed)
    try:
        rows = table(tmp_path / "a.rows")
    except StoreError as error:
        assert "delete it" in str(error)  # noqa: PT017 either outcome is right
        return
    states, intact = rows.states(), rows.intact(range(40))
    for index in range(40):
        found = rows.get(index)
        assert found is None or np.array_equal(found, CONTENT[index]), done
        assert intact[index] == (found is not None or states[index] == UNREADABLE), done
        assert states[index] == (UNREADABLE if index == 7 else THERE) or found is None, done
    # What is made again is there again, beyond the end of a shortened file too.
    for index in np.flatnonzero(~intact).tolist():
        rows.put(index, CONTENT[index])
    assert all(np.array_equal(rows.get(i), CONTENT[i]) for i in range(40) if i != 7)  # pyright: ignore


def swapped(content: bytearray, one: int, other: int, size: int) -> None:
    kept = content[one : one + size]
    content[one : one + size] = content[other : other + size]
    content[other : other + size] = kept


@pytest.mark.parametrize("what", ["rows", "entries", "both"])
def test_rows_that_changed_places_do_not_hold(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.rows"
    filled(path)
    content = bytearray(path.read_bytes())
    if what in ("entries", "both"):
        swapped(content, 4096, 4096 + 2 * 8, 8)
    if what in ("rows", "both"):
        swapped(content, 8192, 8192 + 2 * 60, 60)
    path.write_bytes(content)
    assert table(path).intact(range(0, 8, 2)).tolist() == [False, False, True, True]


def test_a_row_that_is_called_unreadable_by_mistake_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    filled(path)
    content = bytearray(path.read_bytes())
    content[4096 + 4] = UNREADABLE
    path.write_bytes(content)
    assert table(path).states()[:3].tolist() == [ABSENT, ABSENT, THERE]


def test_another_table_under_this_name_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "a.rows")
    with pytest.raises(StoreError, match=r"a\.rows is not the table that belongs there: .* delete it"):
        table(tmp_path / "a.rows", "something else")


def test_a_row_without_its_end_is_absent_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends between the row and its entry, or a disk that took the entry alone."""
    rows, real = table(tmp_path / "a.rows"), os.pwrite

    def half(file: int, content: bytes, offset: int) -> int:
        return real(file, content, offset) if offset < 8192 else len(content)

    monkeypatch.setattr(os, "pwrite", half)
    rows.put(5, CONTENT[5])
    monkeypatch.undo()
    assert rows.states()[5] == THERE
    assert rows.get(5) is None
    rows.put(5, CONTENT[5])
    assert np.array_equal(rows.get(5), CONTENT[5])  # pyright: ignore[reportArgumentType]


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_named_and_what_was_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, real, room = filled(tmp_path / "a.rows"), os.pwrite, [100]

    def nearly_full(file: int, content: memoryview, offset: int) -> int:
        taken = min(len(content), room[0])
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= taken
        return real(file, content[:taken], offset)

    monkeypatch.setattr(os, "pwrite", nearly_full)
    rows.put(1, CONTENT[1])  # 68 bytes
    with pytest.raises(StoreError, match=r"cannot write .*a\.rows: the disk is full: free some space"):
        rows.put(3, CONTENT[3])
    monkeypatch.undo()
    assert rows.get(3) is None
    assert np.array_equal(rows.get(1), CONTENT[1])  # pyright: ignore[reportArgumentType]


def test_a_system_without_positioned_reads_does_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "a.rows")
    before = (tmp_path / "a.rows").read_bytes()
    monkeypatch.delattr(os, "preadv")
    monkeypatch.delattr(os, "pwrite")
    rows = filled(tmp_path / "b.rows")
    assert (tmp_path / "b.rows").read_bytes() == before
    assert np.array_equal(rows.get(38), CONTENT[38])  # pyright: ignore[reportArgumentType]


def test_a_file_system_without_links_keeps_tables_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    filled(tmp_path / "a.rows")
    assert [file.name for file in tmp_path.iterdir()] == ["a.rows"]


def fill_share(path: Path, first: int) -> None:
    rows = table(path)
    for index in range(first, 40, 2):
        rows.put(index, CONTENT[index])


def test_processes_fill_one_table_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fill_share, args=(tmp_path / "a.rows", first)) for first in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    rows = table(tmp_path / "a.rows")
    assert all(np.array_equal(rows.get(i), CONTENT[i]) for i in range(40))  # pyright: ignore[reportArgumentType]
    assert [file.name for file in tmp_path.iterdir()] == ["a.rows"]


# -- files of unknown content -----------------------------------------------------------------------------------------


def test_a_table_is_read_without_knowing_what_it_is_of(tmp_path: Path) -> None:
    filled(tmp_path / "a.rows")
    rows = read_rows(tmp_path / "a.rows")
    assert rows.described == {"of": SAID}
    assert (rows.count, rows.shape, rows.dtype) == (40, (3, 5), np.dtype("<f4"))
    assert rows.intact(rows.written().tolist()).all()


def header(said: object) -> bytes:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return rows_module._MAGIC + struct.pack("<II", len(text), zlib.crc32(text)) + text


GOOD = {"of": {}, "count": 4, "shape": [2], "dtype": "<f4"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no table",
        header(GOOD)[:-1],
        header(GOOD),  # and no ledger
        header([]) + bytes(9000),
        header({**GOOD, "dtype": "|O"}) + bytes(9000),
        header({**GOOD, "dtype": "V8"}) + bytes(9000),
        header({**GOOD, "count": 10**18}) + bytes(9000),
        header({**GOOD, "count": -1}) + bytes(9000),
        header({**GOOD, "count": "many"}) + bytes(9000),
        header({**GOOD, "count": float("inf")}) + bytes(9000),
        header({**GOOD, "shape": [10**9, 10**9]}) + bytes(9000),
        header({**GOOD, "shape": [0]}) + bytes(9000),
        header({**GOOD, "shape": []}) + bytes(9000),
        header({**GOOD, "of": 3}) + bytes(9000),
        header(b"[" * 200_000) + bytes(9000),
        header(b'{"count": ' + b"9" * 10_000 + b"}") + bytes(9000),
    ],
    ids=range(17),
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.rows"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"a\.rows is no table of rows .*: delete it"):
        read_rows(path)
