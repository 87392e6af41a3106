"""Power cuts, lost and damaged files, full disks: nothing is believed because it exists, and nothing made is lost."""

import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope import files as convscope_files
from convscope.atlas import Atlas, build_atlas, export, ledger
from convscope.atlas.verifying import verify_atlas
from convscope.data import Source
from convscope.errors import StoreError
from convscope.graph import Network
from tests.atlas.conftest import LAYERS, tree
from tests.atlas.received import with_experiment

pytestmark = pytest.mark.usefixtures("epoch")

Damage = Callable[[Path], object]


def make(net: Network, source: Source, out: Path, **more: object) -> Atlas:
    return build_atlas(net, source, out, **({"layers": LAYERS, "k": 4} | more))  # type: ignore[arg-type]


def empty(path: Path) -> None:
    """What a file is that was renamed into place before its content was on disk."""
    path.write_bytes(b"")


def zero(path: Path) -> None:
    """The same on another file system: the size is there, the content is not."""
    path.write_bytes(bytes(path.stat().st_size))


@pytest.fixture
def copy(atlas: Atlas, tmp_path: Path) -> Path:
    shutil.copytree(atlas.path, tmp_path / "copy")
    return tmp_path / "copy"


def made(folder: Path) -> list[str]:
    """The files of an atlas, but for the scan's own store, which looks after itself."""
    return sorted(path for path in tree(folder) if not path.startswith("store/"))


def test_a_finished_atlas_that_lost_files_is_made_whole_again(
    net: Network, source: Source, atlas: Atlas, copy: Path
) -> None:
    chosen = random.Random(0)
    for count in (1, 5, 40):
        lost = [path for path in chosen.sample(made(copy), count) if path != "manifest.json"]
        for path in lost:
            chosen.choice([empty, Path.unlink])(copy / path)
        assert make(net, source, copy).path == copy
        assert tree(copy) == tree(atlas.path), lost


@pytest.mark.parametrize(
    "path",
    [
        *("pictures/00-relu1/0.webp", "pictures/00-relu1/photos-0.webp", "pictures/00-relu1/controls-0.webp"),
        *("layers/02-fc.safetensors", "data/layers/02-fc.js", "data/layers/02-fc/0.js", "data/extras/02-fc/0.js"),
        *(
            "data/alike/02-fc.js",
            "data/responses/index.js",
            "data/profiles/0.js",
            "data/profiles/index.js",
            "data/images/0.js",
            "atlas.sqlite",
        ),
        *("data/network.js", "data/sprites/02-fc/0.js", "data/manifest.js", "inventory.json", "images"),
    ],
)
def test_a_lost_file_is_named_and_made_again(net: Network, source: Source, atlas: Atlas, copy: Path, path: str) -> None:
    if path == "images":
        path = next(p for p in made(copy) if p.startswith("pictures/images/"))
    for damage in (empty, Path.unlink):
        damage(copy / path)
        with pytest.raises(StoreError, match=rf"{path.rpartition('/')[2]}.*run the command that made"):
            Atlas.open(copy)
        assert make(net, source, copy).outcome == "continued"
        assert tree(copy) == tree(atlas.path)
        assert make(net, source, copy).outcome == "unchanged"


@pytest.mark.parametrize("name", ["experiments", "atlases"])
def test_lists_of_other_commands_are_made_again(net: Network, source: Source, copy: Path, name: str) -> None:
    with_experiment(Atlas.open(copy))
    before = (copy / "data" / f"{name}.js").read_bytes()
    empty(copy / "data" / f"{name}.js")
    assert make(net, source, copy).outcome == "unchanged"
    assert (copy / "data" / f"{name}.js").read_bytes() == before


@pytest.mark.parametrize(
    ("stage", "damage"),
    [
        *(("project block2.relu2", empty), ("control relu1", zero), ("images", Path.unlink)),
        *(("finish", empty), ("finish", zero), ("finish", Path.unlink)),
    ],
)
def test_a_build_that_lost_power_believes_no_damaged_file(
    net: Network, source: Source, atlas: Atlas, tmp_path: Path, damage: Damage, stage: str
) -> None:
    def stop(name: str, done: int, total: int) -> None:
        if name == stage and done == (3 if stage == "finish" else total):
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        make(net, source, out, progress=stop)
    left = [path for path in made(out) if path != "manifest.json"]
    for path in random.Random(stage).sample(left, len(left) // 4):
        damage(out / path)
    assert make(net, source, out).outcome == "continued"
    assert tree(out) == tree(atlas.path)


def test_what_was_finished_before_a_loss_is_kept(net: Network, source: Source, copy: Path) -> None:
    empty(copy / "pictures" / "02-fc" / "0.webp")
    seen = set()
    make(net, source, copy, progress=lambda stage, done, total: seen.add(stage))
    assert "project fc" in seen
    assert not {"scan", "project relu1", "project block2.relu2", "control relu1", "control fc"} & seen


def test_a_repair_that_is_interrupted_goes_on(net: Network, source: Source, atlas: Atlas, copy: Path) -> None:
    empty(copy / "pictures" / "02-fc" / "0.webp")

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "project fc":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(net, source, copy, progress=stop)
    with pytest.raises(StoreError, match="not finished"):
        Atlas.open(copy)
    seen = set()
    make(net, source, copy, progress=lambda stage, done, total: seen.add(stage))
    assert "project relu1" not in seen
    assert tree(copy) == tree(atlas.path)


def test_files_of_others_are_left_alone(net: Network, source: Source, copy: Path) -> None:
    (copy / "pictures" / "note.txt").write_text("mine")
    empty(copy / "pictures" / "02-fc" / "0.webp")
    make(net, source, copy)
    assert (copy / "pictures" / "note.txt").read_text() == "mine"


def test_data_is_on_disk_before_the_manifest_names_it(
    net: Network, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(convscope_files, "_sync", synced.append)
    folder = make(net, source, tmp_path / "out", layers=["fc"]).path
    at = {path: place for place, path in reversed(list(enumerate(synced)))}  # the first time
    last = max(place for path, place in at.items() if path.name.startswith(".manifest.json"))
    for path in made(folder):
        if path not in ("manifest.json", "inventory.json", "data/manifest.js"):
            assert at[folder / path] < last, path
            assert at[(folder / path).parent] < last, path
    for name in (".inventory.json", ".manifest.js."):
        assert next(place for path, place in at.items() if path.name.startswith(name)) < last


def test_a_picture_of_a_live_unit_is_never_grey(copy: Path) -> None:
    opened = Atlas.open(copy)
    (copy / "pictures" / "02-fc" / "0.webp").unlink()
    with pytest.raises(StoreError, match=r"02-fc.0\.webp is missing"):
        opened.unit("fc:0")
    zero(copy / "pictures" / "02-fc" / "1.webp")
    with pytest.raises(StoreError, match=r"02-fc.1\.webp is damaged"):
        opened.unit("fc:1")
    assert opened.unit("relu1:1").dead


def test_opening_does_not_read_what_it_compares(copy: Path) -> None:
    zero(copy / "pictures" / "02-fc" / "1.webp")
    assert Atlas.open(copy).unit("fc:0").photos.any()


@pytest.mark.parametrize("path", ["pictures/02-fc/0.webp", "layers/02-fc.safetensors", "atlas.sqlite"])
def test_what_has_its_size_and_another_content_is_not_read(copy: Path, path: str) -> None:
    """One bit of every file in turn, at places where a picture is still a picture and a number still a number."""
    whole = (copy / path).read_bytes()
    for at in range(len(whole) // 2, len(whole), max(1, len(whole) // 20)):
        content = bytearray(whole)
        content[at] ^= 1
        (copy / path).write_bytes(content)
        with pytest.raises(StoreError, match=rf"{Path(path).name}.*run the command that made"):
            Atlas.open(copy).unit("fc:0")
    (copy / path).write_bytes(whole)
    assert Atlas.open(copy).unit("fc:0").photos.any()


def test_a_whole_image_that_has_its_size_and_another_content_is_not_read(copy: Path) -> None:
    number = int(Atlas.open(copy).unit("fc:0").images[0])
    (path,) = (copy / "pictures" / "images").rglob(f"{number}.webp")
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=rf"{number}\.webp.*run the command that made"):
        Atlas.open(copy).image(number)


def test_verifying_names_every_file_that_is_not_as_it_was_made(copy: Path) -> None:
    assert verify_atlas(copy) == []
    changed = ["pictures/02-fc/1.webp", "data/network.js", "atlas.sqlite", "layers/00-relu1.safetensors"]
    for path in changed:
        content = bytearray((copy / path).read_bytes())
        content[-20] ^= 1
        (copy / path).write_bytes(bytes(content))
    empty(copy / "pictures" / "02-fc" / "2.webp")
    (copy / "pictures" / "02-fc" / "99.webp").write_bytes(b"RIFF")
    empty(copy / "atlas.js")
    found = {one.path: one.problem for one in verify_atlas(copy)}
    assert set(found) == {*changed, "pictures/02-fc/2.webp", "pictures/02-fc/99.webp", "atlas.js"}
    assert found["pictures/02-fc/1.webp"] == "its content is not what was written"
    assert "0 bytes" in found["pictures/02-fc/2.webp"]
    assert "not among the files" in found["pictures/02-fc/99.webp"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("manifest.json", b"{}"),
        ("inventory.json", b"{}"),
        ("data/manifest.js", b""),
        ("data/experiments.js", b"alert(1)"),
        ("experiments/curve/experiment.json", b"{"),
        ("experiments/curve/curve.svg", b"<svg"),
    ],
)
def test_verifying_looks_at_what_the_inventory_does_not_list(copy: Path, path: str, content: bytes) -> None:
    with_experiment(Atlas.open(copy))
    assert verify_atlas(copy) == []
    (copy / path).write_bytes(content)
    assert path.partition("/")[0] in " ".join(one.path for one in verify_atlas(copy))


def test_verifying_looks_at_atlases_beside_it(copy: Path, atlas: Atlas) -> None:
    shutil.copytree(atlas.path, copy / "atlases" / "other")
    assert verify_atlas(copy) == []
    zero(copy / "atlases" / "other" / "atlas.sqlite")
    assert [one.path for one in verify_atlas(copy)] == ["atlases/other/atlas.sqlite"]


def test_an_atlas_of_before_is_made_anew(net: Network, source: Source, atlas: Atlas, copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["inventory"]
    path.write_text(json.dumps(manifest))
    (copy / "inventory.json").unlink()
    with pytest.raises(StoreError, match="names no inventory"):
        Atlas.open(copy)
    assert make(net, source, copy).outcome == "continued"
    assert tree(copy) == tree(atlas.path)


# -- exports ----------------------------------------------------------------------------------------------------------


def fill_disk(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the disk be full after so many files."""
    written, write_bytes = 0, Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        nonlocal written
        written += 1
        if written > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, data)

    monkeypatch.setattr(convscope_files.Path, "write_bytes", fill)


@pytest.mark.parametrize("after", [0, 1, 30, 100, 165])
def test_an_export_that_filled_the_disk_is_not_complete_and_goes_on(
    atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    plan = export.plan_export(atlas)
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        fill_disk(patch, after)
        with pytest.raises(StoreError, match=r"run the same command again, what is finished is kept"):
            export.export_folder(plan, out)
    with pytest.raises(StoreError):
        Atlas.open(out)
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.webp")}
    assert export.export_folder(plan, out) == plan.size
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    export.export_folder(plan, tmp_path / "whole")
    assert tree(out) == tree(tmp_path / "whole")
    assert verify_atlas(out) == []
    assert Atlas.open(out).unit("fc:1").photos.any()


def test_an_export_that_lost_power_is_written_again_where_it_is_damaged(
    atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = export.plan_export(atlas), tmp_path / "out"
    with monkeypatch.context() as patch:
        fill_disk(patch, 100)
        with pytest.raises(StoreError):
            export.export_folder(plan, out)
    for place, path in enumerate(sorted(out.rglob("*.webp"))):
        if place % 3 == 0:
            zero(path)
    export.export_folder(plan, out)
    assert verify_atlas(out) == []


def test_an_unfinished_export_is_continued_by_the_same_one_alone(
    atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        fill_disk(patch, 10)
        with pytest.raises(StoreError):
            export.export_folder(export.plan_export(atlas), out)
    with pytest.raises(StoreError, match="is there already"):
        export.export_folder(export.plan_export(atlas, layers=["fc"]), out)
    export.export_folder(export.plan_export(atlas), out)
    with pytest.raises(StoreError, match="is there already"):
        export.export_folder(export.plan_export(atlas), out)


def test_an_export_does_not_pass_damage_on(copy: Path, tmp_path: Path) -> None:
    opened = Atlas.open(copy)
    content = bytearray((copy / "pictures" / "02-fc" / "1.webp").read_bytes())
    content[-1] ^= 1
    (copy / "pictures" / "02-fc" / "1.webp").write_bytes(bytes(content))
    for write in (export.export_folder, export.export_zip):
        with pytest.raises(StoreError, match=r"1\.webp is not as it was written"):
            write(export.plan_export(opened), tmp_path / write.__name__)
    assert not (tmp_path / "export_zip").exists()


def test_exports_of_parts_can_be_verified(atlas: Atlas, tmp_path: Path) -> None:
    for name, choice in (("layer", {"layers": ["fc"]}), ("units", {"units": ["fc:1", "relu1:0"]})):
        export.export_folder(export.plan_export(atlas, **choice), tmp_path / name)  # type: ignore[arg-type]
        assert verify_atlas(tmp_path / name) == []
        empty(next((tmp_path / name / "pictures").rglob("[0-9].webp")))
        with pytest.raises(StoreError, match="is damaged"):
            Atlas.open(tmp_path / name)


def test_a_damaged_receipt_vouches_for_nothing(net: Network, source: Source, atlas: Atlas, tmp_path: Path) -> None:
    def stop(name: str, done: int, total: int) -> None:
        if name == "project fc":
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        make(net, source, out, progress=stop)
    receipts = sorted((out / ledger.RECEIPTS).glob("*.json"))
    assert receipts
    for path, content in zip(receipts, [b"", b"[]", b'{"a":{"b":[1]}}', b"{" * 9999] * 9, strict=False):
        path.write_bytes(content)
    make(net, source, out)
    assert tree(out) == tree(atlas.path)
