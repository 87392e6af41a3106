"""Everything that is kept, verified: what is whole holds, and whatever is damaged is found with what to do about it."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.data.rows import read_rows
from convscope.errors import StoreError
from convscope.generalisation import Learning, draw_folds, extract, measure_transfer
from convscope.models import save_weights
from convscope.stores.evolution import Keeping
from convscope.stores.occlusion import occlude_source
from convscope.stores.verifying import ANSWERS
from convscope.studies import Verification
from tests.cli.conftest import write_images
from tests.mutations import mutate
from tests.training.shapes import shapes, small


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that is kept, as one user has it."""
    root = tmp_path_factory.mktemp("kept")
    net = cs.load("zoo:tiny")
    images = cs.open_source(write_images(tmp_path_factory.mktemp("photos"), 20))
    cached = cs.cached(images, root / "cache")
    cs.scan(net, cached, layers=["conv1", "fc"], k=3, store=root / "scan")
    cs.scan(net, images, layers=["conv1"], shard=(0, 2), store=root / "part")
    extract(net, images, ["fc"], store=root / "transfer" / "features", indices=np.arange(12))
    target = cs.open_target(str(images.root))  # pyright: ignore[reportAttributeAccessIssue]
    folds = draw_folds(target, per_class=(3,), folds=1)
    learning = Learning(grid=(1.0,), parts=2)
    found = measure_transfer(
        net, target, layers=["fc"], folds=folds, learning=learning, store=root / "transfer" / "features"
    )
    found.save(root / "transfer")
    Keeping(root / "evolution").responses(3, net, images, ["conv1"], 8)
    list(occlude_source(net, cs.open_source(str(images.root), limit=3), size=16, stride=16, store=root / "covered"))  # pyright: ignore[reportAttributeAccessIssue]
    return root


def test_what_is_whole_holds(kept: Path) -> None:
    found = cs.verify(kept)
    assert found.intact, found.findings
    assert found.summary == f"{len(found.held)} files are as written"
    files = {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()}
    assert {one.path for one in found.held} == files - {"transfer/transfer.csv", "transfer/classes.csv"}
    said = {one.path: one.what for one in found.held}
    assert said["scan/manifest.json"] == f"scan of {cs.load('zoo:tiny').name} on 20 images"
    assert said["scan/layers/000-conv1.safetensors"] == "16 units of conv1"
    assert said["part/parts/shard-0-of-2.safetensors"] == "16 of 20 images scanned"
    assert "20 of 20 crops of 32x32x3" in said.values()
    assert "20 of 20 features of 10" in said.values()


def same_rows(one: Path, other: Path) -> bool:
    """Whether two tables give the same rows, whatever else is in their files."""
    mine, theirs = read_rows(one), read_rows(other)
    pairs = [(mine.get(index), theirs.get(index)) for index in range(mine.count)]
    return all((a is None and b is None) or np.array_equal(a, b) for a, b in pairs)  # pyright: ignore


def same_json(one: Path, other: Path) -> bool:
    """Whether two files say the same in JSON, whatever its spaces are."""
    try:
        return one.suffix == ".json" and json.loads(one.read_bytes()) == json.loads(other.read_bytes())
    except ValueError:
        return False


@pytest.mark.parametrize("seed", range(120))
def test_a_file_that_was_changed_is_found(kept: Path, tmp_path: Path, seed: int) -> None:
    shutil.copytree(kept, tmp_path / "kept")
    done = mutate(tmp_path / "kept", seed)
    name = done.split(":")[0].removesuffix(" deleted")
    (before,) = kept.rglob(name)
    after = tmp_path / "kept" / before.relative_to(kept)
    found = cs.verify(tmp_path / "kept")
    bad = [Path(one.path).name for one in found.findings]
    if name.endswith((".csv", ".npz")) or name == "question.json":
        return  # without checksums of ours
    if not after.exists():  # a scan misses its layers; what else is kept may be deleted, and is made again
        assert bad == ([name] if "scan/" in str(after) else []), done
    elif after.read_bytes() == before.read_bytes():
        assert not bad, done
    else:
        # What follows the last row of a table, or fills its pages up, is read by nobody; nor are spaces of JSON.
        assert bad == [name] or (name.endswith(".rows") and same_rows(before, after)) or same_json(before, after), done


def test_findings_say_what_to_do(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept, tmp_path / "kept")
    (tmp_path / "kept" / "scan" / "layers" / "001-fc.safetensors").unlink()
    (table,) = (tmp_path / "kept" / "cache").glob("*.rows")
    content = bytearray(table.read_bytes())
    content[-5] ^= 4
    table.write_bytes(content)
    found = cs.verify(tmp_path / "kept")
    assert [(one.path, one.problem, one.remedy) for one in found.findings] == [
        (
            f"cache/{table.name}",
            "1 of 20 rows are not as they were written",
            "nothing: they are made again when they are next asked for; or delete the file",
        ),
        ("scan/layers/001-fc.safetensors", "is missing", "delete manifest.json and run the same scan again"),
    ]
    assert found.summary.startswith("2 of ")
    assert found.summary.endswith(" files are damaged or missing")


def test_doing_what_is_said_mends_a_scan(tmp_path: Path) -> None:
    net, images = cs.load("zoo:tiny"), cs.open_source(write_images(tmp_path / "photos", 12))
    cs.scan(net, images, layers=["conv1"], store=tmp_path / "scan")
    path = tmp_path / "scan" / "layers" / "000-conv1.safetensors"
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    assert not cs.verify(tmp_path / "scan").intact
    (tmp_path / "scan" / "manifest.json").unlink()
    cs.scan(net, images, layers=["conv1"], store=tmp_path / "scan")
    assert path.read_bytes() == before
    assert cs.verify(tmp_path / "scan").intact


def test_a_scan_whose_manifest_is_gone_is_missed(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "scan", tmp_path / "scan")
    (tmp_path / "scan" / "manifest.json").unlink()
    (found,) = cs.verify(tmp_path / "scan").findings
    assert (found.path, found.problem) == ("manifest.json", "is missing beside finished layers")


def test_a_training_is_verified(tmp_path: Path) -> None:
    cs.train(small(epochs=1), shapes(20), tmp_path)
    found = cs.verify(tmp_path)
    assert found.intact
    assert {one.path for one in found.held} >= {"run.json", "state.safetensors", "log.csv"}
    assert any(one.path.startswith("checkpoints/") for one in found.held)
    path = next((tmp_path / "checkpoints").iterdir())
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (bad,) = cs.verify(tmp_path).findings
    assert (bad.path, bad.problem) == (f"checkpoints/{path.name}", "is not as it was written")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with answers that keep their work in parts."""
    root, images = tmp_path_factory.mktemp("answered"), write_images(tmp_path_factory.mktemp("photos"), 8)
    net = cs.load("zoo:tiny")
    cs.effects(net, images, layers=["block2.relu2"], workers=1, match="index", store=root / "effects")
    cs.sanity(net, images, layers=["conv1"], units=2, each=2, seeds=1, side=8, store=root / "sanity")
    learnt = cs.directions(
        net, images, layer="relu1", n=5, active=2, updates=5, positions=100, beside=[], store=root / "directions"
    )
    learnt.write(root / "mine.safetensors")
    cs.mistakes(
        net, images, layers=["block2.relu2"], explain=1, most=2, size=16, stride=16, match="index",
        store=root / "mistakes",
    )  # fmt: skip
    return root


def test_all_that_answers_keep_is_known(answered: Path) -> None:
    found = cs.verify(answered)
    assert found.intact, found.findings
    assert len({one.path for one in found.held}) == len(found.held)
    assert {one.path for one in found.held} == {
        path.relative_to(answered).as_posix() for path in answered.rglob("*") if path.is_file()
    }


def test_every_file_that_answers_keep_is_missed_where_it_is_another(answered: Path, tmp_path: Path) -> None:
    for path in sorted(path for path in answered.rglob("*") if path.is_file() and path.suffix != ".rows"):
        name, content = path.relative_to(answered).as_posix(), path.read_bytes()
        place = tmp_path / "one"
        shutil.copytree(answered / name.partition("/")[0], place) if "/" in name else shutil.copy2(path, tmp_path)
        target = place / name.partition("/")[2] if "/" in name else tmp_path / name
        for changed in (content[:-1] + bytes([content[-1] ^ 1]), b""):
            target.write_bytes(changed)
            found = cs.verify(target.parent if "/" not in name else place).findings
            assert target.name in [Path(one.path).name for one in found], (name, len(changed))
        shutil.rmtree(place, ignore_errors=True)
        (tmp_path / name).unlink(missing_ok=True)


def test_what_others_keep_in_a_folder_of_parts_is_no_part_of_a_scan(tmp_path: Path) -> None:
    net, images = cs.load("zoo:tiny"), write_images(tmp_path / "photos", 6)
    cs.effects(net, images, layers=["block2.relu2"], workers=1, match="index", store=tmp_path / "out")
    kept = {path: path.read_bytes() for path in (tmp_path / "out" / "parts").iterdir()}
    cs.scan(net, images, layers=["conv1"], store=tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out" / "parts").iterdir()} == kept
    assert cs.verify(tmp_path / "out").intact


def test_programs_of_networks_that_were_traced_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path))
    cs.load("zoo:tiny", seed=4)
    (held,) = cs.verify(tmp_path).held
    path = tmp_path / held.path
    path.write_bytes(path.read_bytes() + b" ")
    (bad,) = cs.verify(tmp_path).findings
    assert (bad.path, "is not as it was written" in bad.problem) == (held.path, True)


def test_a_folder_of_nothing_known_is_said(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    save_weights(tmp_path / "a.safetensors", {"a": torch.zeros(2)})
    with pytest.raises(StoreError, match="holds nothing that can be verified"):
        cs.verify(tmp_path)
    with pytest.raises(StoreError, match="is no folder"):
        cs.verify(tmp_path / "nowhere")


def test_links_are_not_followed(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "scan", tmp_path / "scan")
    (tmp_path / "scan" / "round").symlink_to(tmp_path, target_is_directory=True)
    assert len(cs.verify(tmp_path).held) == 3


def test_progress_counts_folders(kept: Path) -> None:
    told: list[tuple[str, int, int]] = []
    cs.verify(kept / "scan", progress=lambda *what: told.append(what))
    assert told == [("verify", 1, 2), ("verify", 2, 2)]


def test_an_outcome_is_a_table() -> None:
    assert Verification.of("x", []).to_json() == {
        "folder": "x",
        "intact": True,
        "summary": "0 files are as written",
        "files": [],
    }


def test_answers_are_verified_too(tmp_path: Path) -> None:
    net, images = cs.load("zoo:tiny"), write_images(tmp_path / "photos", 2)
    cs.invariance(net, images, transformations={"rotation": (0.0, 10.0)}, store=tmp_path / "turned")
    found = cs.verify(tmp_path / "turned")
    assert ("invariance.safetensors", "an answer: Invariance") in [(one.path, one.what) for one in found.held]
    assert {one.path for one in found.held} == {path.name for path in (tmp_path / "turned").iterdir()}
    path = tmp_path / "turned" / "invariance.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    (bad,) = cs.verify(tmp_path / "turned").findings
    assert (bad.path, bad.problem) == ("invariance.safetensors", "its content is not what its checksum says")
    assert "Invariance.save" in bad.remedy


def test_work_that_answers_keep_on_the_way_is_no_damaged_scan(tmp_path: Path) -> None:
    net, images = cs.load("zoo:tiny"), write_images(tmp_path / "photos", 2)
    cs.effects(net, images, layers=["gap"], store=tmp_path / "out", workers=1)
    held = {one.path: one.what for one in cs.verify(tmp_path / "out").held}
    assert cs.verify(tmp_path / "out").intact
    assert held["parts/gap.safetensors"] == "work that is kept"
    (tmp_path / "out" / "parts" / "gap.safetensors").write_bytes(b"nothing")
    (bad,) = cs.verify(tmp_path / "out").findings
    assert (bad.path, bad.remedy) == (
        "parts/gap.safetensors", "nothing: it is made again when it is next asked for"
    )  # fmt: skip


def test_every_answer_that_is_a_file_is_known() -> None:
    kinds = {name for name in cs.__all__ if isinstance(one := getattr(cs, name), type) and issubclass(one, cs.Answer)}
    assert set(ANSWERS) == kinds - {"Answer", "Scan"}


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "layers/000-a.safetensors", "parts/00000-of-00001.safetensors", "question.json", "0.npz",
     "a.rows", "occlusion.safetensors", "responses.safetensors", "run.json", "results.json"],
)  # fmt: skip
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "question.json").write_text("{}")
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        make(path)
        with suppress(StoreError):
            assert not cs.verify(tmp_path).intact
