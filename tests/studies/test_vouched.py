"""Files that are believed by what is in them."""

from pathlib import Path

import pytest

from convscope.errors import StoreError
from convscope.studies.vouched import Vouched, verify_note
from convscope.verification import DamagedFile, SoundFile


def test_what_was_put_is_there_for_the_same_question_alone(tmp_path: Path) -> None:
    files = Vouched(tmp_path, "note.json", {"size": [4, 4]})
    files.put("a/b.png", b"picture")
    assert not (tmp_path / "note.json").exists()
    files.close()
    assert Vouched(tmp_path, "note.json", {"size": [4, 4]}).read("a/b.png") == b"picture"
    assert Vouched.there(tmp_path, "note.json").read("a/b.png") == b"picture"
    assert Vouched(tmp_path, "note.json", {"size": [4, 5]}).read("a/b.png") is None
    (tmp_path / "note.json").write_text("{}")
    assert Vouched.there(tmp_path, "note.json").read("a/b.png") is None


def test_the_note_is_written_now_and_then(tmp_path: Path) -> None:
    files = Vouched(tmp_path, "note.json", None, often=2)
    for name in "abc":
        files.put(name, b"x")
    assert list(Vouched.there(tmp_path, "note.json").known) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"pictuse", None])
def test_what_is_not_as_it_was_written_is_as_good_as_not_there(tmp_path: Path, content: bytes | None) -> None:
    files = Vouched(tmp_path, "note.json", None)
    for name in ("a.png", "b.png"):
        files.put(name, b"picture")
    files.close()
    (tmp_path / "a.png").unlink()
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    assert (files.read("a.png"), files.read("b.png")) == (None, b"picture")
    first, second, third = verify_note(tmp_path, "note.json")
    problem = "is missing" if content is None else "is not as it was written"
    assert second == DamagedFile(
        "a.png", problem, "run the same command again, it makes what is missing or damaged anew"
    )
    assert (first, third) == (SoundFile("note.json", "which 2 files are beside it"), SoundFile("b.png", "as written"))


def test_links_that_lead_out_are_neither_read_nor_written_through(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    for place in (out, other):
        files = Vouched(place, "note.json", None)
        files.put("a/b.png", b"picture")
        files.close()
    (out / "a" / "b.png").unlink()
    (out / "a").rmdir()
    (out / "a").symlink_to(other / "a")
    files = Vouched(out, "note.json", None)
    assert files.read("a/b.png") is None
    with pytest.raises(StoreError, match="leads out of the folder"):
        files.put("a/b.png", b"other")
    assert (other / "a" / "b.png").read_bytes() == b"picture"
    assert [one.problem for one in verify_note(out, "note.json") if isinstance(one, DamagedFile)] == [
        f"{out / 'a/b.png'} leads out of the folder: only files within an atlas are read; put a copy there"
    ]
