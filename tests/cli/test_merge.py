"""`convscope merge`."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.methods.scan_fakes import digest


def test_shards_merge_to_the_whole_in_any_order(convscope: Callable, images: Path, tmp_path: Path) -> None:
    assert convscope("scan", "zoo:tiny", images, "-o", tmp_path / "whole", "-q").code == 0
    parts = [tmp_path / f"part{i}" for i in range(3)]
    for i, part in enumerate(parts):
        assert convscope("scan", "zoo:tiny", images, "-o", part, "--shard", f"{i}/3", "-q").code == 0
    done = convscope("merge", *reversed(parts), "-o", tmp_path / "merged", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["complete"] is True
    assert digest(tmp_path / "merged") == digest(tmp_path / "whole")


def test_what_does_not_belong_together_is_refused(convscope: Callable, images: Path, tmp_path: Path) -> None:
    assert convscope("scan", "zoo:tiny", images, "-o", tmp_path / "a", "--shard", "0/2", "-q").code == 0
    assert convscope("scan", "zoo:tiny", images, "-o", tmp_path / "b", "--shard", "1/2", "-k", "4", "-q").code == 0
    other = convscope("merge", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "out")
    assert (other.code, "k 9, not 4" in other.err) == (5, True)
    twice = convscope("merge", tmp_path / "a", tmp_path / "a", "-o", tmp_path / "out")
    assert (twice.code, "cover the same images" in twice.err) == (5, True)
    none = convscope("merge", "-o", tmp_path / "out")
    assert (none.code, "nothing to merge" in none.err) == (2, True)
    lost = convscope("merge", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert (lost.code, "holds no scan" in lost.err) == (5, True)
