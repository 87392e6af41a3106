"""`convscope atlas attach`; tests/web looks at the page."""

from collections.abc import Callable
from pathlib import Path


def test_another_atlas_is_put_beside_one(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("--layers", "relu1", "-k", "1", "-q")
    for name, seed in (("one", 0), ("two", 1)):
        made = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / name, *asked, "--seed", seed)
        assert made.code == 0, made.err
    done = convscope("atlas", "attach", tmp_path / "one", tmp_path / "two", "--json")
    assert done.code == 0, done.err
    assert done.document["name"] == "two"
    assert (tmp_path / "one" / "atlases" / "two" / "manifest.json").is_file()
    assert '"two"' in (tmp_path / "one" / "data" / "atlases.js").read_text()
    itself = convscope("atlas", "attach", tmp_path / "one", tmp_path / "one")
    assert (itself.code, "nothing to compare" in itself.err) == (5, True)
    strange = convscope("atlas", "attach", tmp_path / "one", tmp_path / "two", "--name", "../up")
    assert strange.code == 2
    assert not (tmp_path / "up").exists()
    none = convscope("atlas", "attach", tmp_path / "one", images)
    assert none.code == 5
