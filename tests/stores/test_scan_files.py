"""Stores of scans: whole files or none, refused where they belong to something else, readable without convscope."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from convscope import kernels
from convscope.data import Preprocess
from convscope.errors import StoreError
from convscope.files import write_bytes
from convscope.methods.scan import run as scan_run
from convscope.stores import scan_files
from convscope.stores.scan import KeptScan, scan
from convscope.stores.scan_files import layer_file
from tests.methods.scan_fakes import Answers, Numbered, answers, digest
from tests.mutations import mutate

SOURCE = Numbered(40, labels=[i % 2 for i in range(40)], classes=("a", "b"), corrupt=frozenset({3}))


needs_numba = pytest.mark.skipif(kernels.state() == "off", reason="compiled loops are off")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# -- the format -------------------------------------------------------------------------------------------------------


def test_a_finished_scan_is_a_manifest_and_a_file_for_each_layer(tmp_path: Path) -> None:
    net = answers(40)
    found = scan(net, SOURCE, k=4, store=tmp_path)
    assert files(tmp_path) == {
        "manifest.json",
        "layers/000-maps.safetensors",
        "layers/001-vectors.safetensors",
    }
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["scan"]["network"] == {"name": "answers", "fingerprint": net.fingerprint}
    assert manifest["scan"]["source"]["images"] == 40
    assert manifest["scan"]["k"] == 4
    assert manifest["images"] == 39
    assert manifest["failures"] == [[3, "3.png", "made so"]]
    assert manifest["class_count"] == [20, 19]
    assert manifest["environments"][0].startswith(f"torch {torch.__version__}")
    arrays = load_file(tmp_path / manifest["layers"][0]["file"])
    assert {name: (array.dtype.name, array.shape) for name, array in arrays.items()} == {
        "values": ("float32", (5, 4)),
        "images": ("int64", (5, 4)),
        "y": ("int32", (5, 4)),
        "x": ("int32", (5, 4)),
        "sum_high": ("int64", (5,)),
        "sum_low": ("int64", (5,)),
        "active": ("int64", (5,)),
        "nan": ("int64", (5,)),
        "saturated": ("int64", (5,)),
        "histogram": ("int64", (5, 64)),
        "class_high": ("int64", (2, 5)),
        "class_low": ("int64", (2, 5)),
        "mean": ("float32", (5,)),
        "active_fraction": ("float32", (5,)),
    }
    assert (arrays["images"] == found["maps"].images).all()


def test_a_loaded_scan_holds_what_was_saved(tmp_path: Path) -> None:
    found = scan(answers(40), SOURCE, k=4)
    found.write(tmp_path)
    loaded = KeptScan.load(tmp_path)
    assert loaded.layers == found.layers
    assert loaded.failures == found.failures
    assert loaded.images == found.images == 39
    assert loaded.complete
    for layer in found:
        one, other = found[layer], loaded[layer]
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.positions, other.positions)
        assert one.statistics is not None
        assert other.statistics is not None
        for name in ("mean", "active", "maximum", "nan", "saturated", "histogram", "class_mean", "class_count"):
            assert np.array_equal(getattr(one.statistics, name), getattr(other.statistics, name)), name
        assert one.statistics.count == other.statistics.count


def test_a_scan_without_statistics_is_saved_and_loaded(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, statistics="none", store=tmp_path)
    assert KeptScan.load(tmp_path)["maps"].statistics is None


def test_layers_of_any_name_have_files_of_their_own(tmp_path: Path) -> None:
    names = ["a/b", "a:b", "..", "x" * 300, "ünï çödé", ""]
    net = Answers({name: torch.rand(3, 2) for name in names})
    scan(net, Numbered(3), store=tmp_path)
    assert len(files(tmp_path)) == len(names) + 1
    assert all(name.isascii() and len(Path(name).name) < 120 for name in files(tmp_path))
    loaded = KeptScan.load(tmp_path)
    assert loaded.layers == tuple(names)
    assert np.array_equal(loaded["a:b"].values[:, :3], net.outputs["a:b"].T.sort(descending=True).values)


def test_layer_files_are_numbered() -> None:
    assert layer_file(12, "features.8") == "012-features.8.safetensors"


def test_failures_with_undecodable_names_are_kept(tmp_path: Path) -> None:
    class Odd(Numbered):
        def name(self, index: int) -> str:
            return "\udcff.png"

    scan(answers(4), Odd(4, corrupt=frozenset({1})), store=tmp_path)
    assert KeptScan.load(tmp_path).failures[0].name == "\udcff.png"
    scan(answers(4), Odd(4, corrupt=frozenset({1})), shard=(0, 2), store=tmp_path / "part").write(tmp_path / "part")
    assert KeptScan.load(tmp_path / "part").failures[0].name == "\udcff.png"


# -- belonging --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["finished", "shard"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    scan(answers(40), SOURCE, shard=(0, 1) if request.param == "finished" else (0, 2), store=tmp_path)
    return tmp_path


def test_another_network_is_refused_and_both_named(store: Path) -> None:
    other, before = answers(40), digest(store)
    other.name = "replies"
    with pytest.raises(StoreError, match=r"holds another scan: network answers \(\w{12}\), not replies \(\w{12}\)"):
        scan(other, SOURCE, store=store)
    assert digest(store) == before


def test_another_source_is_refused_and_both_named(store: Path) -> None:
    with pytest.raises(StoreError, match=r"source 40 numbered images \(\w+\), not 41 numbered images \(\w+\)"):
        scan(answers(41), Numbered(41, classes=("a", "b")), store=store)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 5}, "k 9, not 5"),
        ({"layers": ["maps"]}, "layers maps vectors, not maps"),
        ({"statistics": "none"}, "statistics True, not False"),
        ({"statistics": "units"}, "classes 2, not None"),
    ],
)
def test_other_options_are_refused_and_both_named(store: Path, options: dict, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        scan(answers(40), SOURCE, store=store, **options)


def test_other_arithmetic_is_refused(store: Path) -> None:
    net = answers(40)
    net.preprocess = Preprocess(4, 4, scale=0.5)
    with pytest.raises(StoreError, match="preprocess"):
        scan(net, SOURCE, store=store)
    net = answers(40)
    net.dtype = torch.float64
    with pytest.raises(StoreError, match="dtype float32, not float64"):
        scan(net, SOURCE, store=store)
    net = answers(40)
    net.folding = "none"
    with pytest.raises(StoreError, match="folding fold, not none"):
        scan(net, SOURCE, store=store)


@needs_numba
def test_work_with_and_without_compiled_loops_is_not_mixed(store: Path) -> None:
    """Either way gives the same up to rounding, which is what the last bits of a store are made of."""
    before = digest(store)
    with kernels.switched("off"), pytest.raises(StoreError, match="kernels on, not off"):
        scan(answers(40), SOURCE, shard=(1, 2), store=store)
    assert digest(store) == before
    one = scan(answers(40), SOURCE, shard=(0, 2))
    with kernels.switched("off"):
        other = scan(answers(40), SOURCE, shard=(1, 2))
    with pytest.raises(StoreError, match="kernels on, not off"):
        one.merge(other)


def test_a_store_made_without_compiled_loops_says_so_and_goes_on(tmp_path: Path) -> None:
    with kernels.switched("off"):
        scan(answers(40), SOURCE, shard=(0, 2), store=tmp_path)
        assert scan(answers(40), SOURCE, store=tmp_path).complete
    assert json.loads((tmp_path / "manifest.json").read_bytes())["scan"]["kernels"] == "off"
    assert KeptScan.load(tmp_path).identity.kernels == "off"


@needs_numba
def test_a_store_made_with_them_is_as_one_from_before_they_could_be_switched(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    assert "kernels" not in json.loads((tmp_path / "manifest.json").read_bytes())["scan"]
    assert KeptScan.load(tmp_path).identity.kernels == "on"


def test_loops_that_a_network_does_not_go_through_do_not_count() -> None:
    """float64 goes the plain way in any case: such shards merge."""
    net = answers(40)
    net.dtype = torch.float64
    with kernels.switched("off"):
        one = scan(net, SOURCE, shard=(0, 2))
    assert one.merge(scan(net, SOURCE, shard=(1, 2))).complete


def test_scans_of_other_networks_do_not_merge() -> None:
    other = answers(40)
    other.name = "replies"
    with pytest.raises(StoreError, match="network answers"):
        scan(answers(40), SOURCE, shard=(0, 2)).merge(scan(other, SOURCE, shard=(1, 2)))


def test_saving_over_another_scan_is_refused(store: Path) -> None:
    before = digest(store)
    for shard in ((0, 1), (0, 2)):
        with pytest.raises(StoreError, match="k 9, not 2"):
            scan(answers(40), SOURCE, k=2, shard=shard).write(store)
    assert digest(store) == before


def test_saving_a_shard_beside_the_finished_scan_changes_nothing(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    before = digest(tmp_path)
    scan(answers(40), SOURCE, shard=(0, 2)).write(tmp_path)
    assert digest(tmp_path) == before


def test_where_a_collection_lies_does_not_matter(tmp_path: Path) -> None:
    class Moved(Numbered):
        def describe(self) -> str:
            return "elsewhere"

    one = scan(answers(40), SOURCE, shard=(0, 2))
    other = scan(answers(40), Moved(**vars(SOURCE)), shard=(1, 2))
    one.merge(other).write(tmp_path / "a")
    other.merge(one).write(tmp_path / "b")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


# -- damage -----------------------------------------------------------------------------------------------------------


def test_an_empty_folder_holds_no_scan(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no scan"):
        KeptScan.load(tmp_path)


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        scan(answers(40), SOURCE, store=tmp_path / "file")


@pytest.mark.parametrize("name", ["manifest.json", "layers/000-maps.safetensors"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 50])
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match=name):
        KeptScan.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 50])
def test_damaged_parts_are_named(tmp_path: Path, content: bytes) -> None:
    scan(answers(40), SOURCE, shard=(0, 2), store=tmp_path)
    (tmp_path / "parts" / "shard-0-of-2.safetensors").write_bytes(content)
    with pytest.raises(StoreError, match=r"shard-0-of-2\.safetensors is not a readable file"):
        scan(answers(40), SOURCE, store=tmp_path)


def test_a_missing_layer_is_named(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    (tmp_path / "layers" / "001-vectors.safetensors").unlink()
    with pytest.raises(StoreError, match=r"001-vectors\.safetensors"):
        KeptScan.load(tmp_path)


def test_another_schema_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_files, "SCHEMA", 999)
    scan(answers(40), SOURCE, store=tmp_path / "finished")
    scan(answers(40), SOURCE, shard=(0, 2), store=tmp_path / "part")
    monkeypatch.undo()
    for folder in ("finished", "part"):
        with pytest.raises(StoreError, match="schema version 999, this convscope reads 2"):
            KeptScan.load(tmp_path / folder)


def outcome(folder: Path) -> list[object]:
    """All numbers that a store gives."""
    found = KeptScan.load(folder)
    said: list[object] = [found.identity.to_json(), found.images, found.failures, found.complete]
    for layer in found:
        one = found[layer]
        said += [layer, one.values.tolist(), one.images.tolist(), one.positions.tolist()]
        for name in ("mean", "active", "maximum", "nan", "saturated", "histogram", "class_mean", "class_count"):
            said.append(getattr(one.statistics, name).tobytes())
        said.append(getattr(one.statistics, "count", None))
    return said


@pytest.mark.parametrize("seed", range(80))
def test_a_damaged_store_gives_the_same_numbers_or_is_named(store: Path, seed: int) -> None:
    plain = outcome(store)
    done = mutate(store, seed)
    try:
        loaded = outcome(store)
    except StoreError as error:
        assert str(store) in str(error)  # noqa: PT017 either outcome is right
    else:
        assert loaded == plain, done
    try:
        scan(answers(40), SOURCE, shard=(0, 1) if (store / "layers").is_dir() else (0, 2), store=store)
    except StoreError as error:
        assert str(store) in str(error)  # noqa: PT017 either outcome is right
    else:
        assert outcome(store) == plain, done


def reseal(path: Path, manifest: object) -> None:
    """Write a manifest as somebody would who wants it believed."""
    said = json.dumps(manifest)[:-1] if isinstance(manifest, dict) else str(manifest)
    seal = f',\n"sha256": "{hashlib.sha256(said.encode()).hexdigest()}"\n}}\n'
    path.write_text(said + seal if isinstance(manifest, dict) else said)


HOSTILE: dict[str, Callable[[dict], object]] = {
    "deep": lambda _: "[" * 200_000,
    "deep, in braces": lambda _: '{"a": ' * 200_000,
    "long number": lambda m: json.dumps(m)[:-1] + ', "images": ' + "9" * 10_000 + "}",
    "list": lambda _: "[]",
    "text": lambda _: '"manifest"',
    "no layers": lambda m: {**m, "layers": []},
    "other layers": lambda m: {**m, "layers": m["layers"][::-1]},
    "layers by name": lambda m: {**m, "layers": {"maps": {}, "vectors": {}}},
    "absurd images": lambda m: {**m, "scan": {**m["scan"], "source": {**m["scan"]["source"], "images": 10**15}}},
    "images as text": lambda m: {**m, "scan": {**m["scan"], "source": {**m["scan"]["source"], "images": "40"}}},
    "fewer images": lambda m: {**m, "scan": {**m["scan"], "source": {**m["scan"]["source"], "images": 3}}},
    "absurd k": lambda m: {**m, "scan": {**m["scan"], "k": 10**12}},
    "k of true": lambda m: {**m, "scan": {**m["scan"], "k": True}},
    "absurd channels": lambda m: {**m, "scan": {**m["scan"], "layers": [["maps", 10**10, 3, 4]] * 2}},
    "small maps": lambda m: {**m, "scan": {**m["scan"], "layers": [["maps", 5, 1, 1], ["vectors", 6, 1, 1]]}},
    "micro-batches of none": lambda m: {**m, "scan": {**m["scan"], "micro_batch": 0}},
    "half an image": lambda m: {**m, "images": 3.5},
    "negative images": lambda m: {**m, "images": -1},
    "classes of nobody": lambda m: {**m, "class_count": [1, 2, 3]},
    "no count of classes": lambda m: {**m, "class_count": None},
    "failures": lambda m: {**m, "failures": [[10**9, "a", "b"]]},
    "failures without names": lambda m: {**m, "failures": [[1, None, 3]]},
    "environments": lambda m: {**m, "environments": [["a"]]},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_manifest_that_was_made_to_mislead_is_refused(tmp_path: Path, what: str) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.pop("sha256", None)
    reseal(path, HOSTILE[what](manifest))
    with pytest.raises(StoreError, match=r"manifest\.json|000-maps\.safetensors"):
        KeptScan.load(tmp_path)
    with pytest.raises(StoreError, match=r"manifest\.json|000-maps\.safetensors|another scan"):
        scan(answers(40), SOURCE, store=tmp_path)


def test_layers_are_read_from_the_store_alone(tmp_path: Path) -> None:
    """A manifest names files for other readers; ours knows where they are."""
    scan(answers(40), SOURCE, store=tmp_path / "store")
    plain = outcome(tmp_path / "store")
    path = tmp_path / "store" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.pop("sha256", None)
    for entry in manifest["layers"]:
        entry["file"] = "../../elsewhere.safetensors"
    reseal(path, manifest)
    assert outcome(tmp_path / "store") == plain


@pytest.mark.parametrize(
    ("name", "value"), [("images", 40), ("images", -2), ("y", 3), ("x", 4), ("x", -1), ("values", np.nan)]
)
def test_tables_that_name_what_is_not_there_are_refused(tmp_path: Path, name: str, value: float) -> None:
    scan(answers(40), SOURCE, store=tmp_path)
    path = tmp_path / "layers" / "000-maps.safetensors"
    arrays = load_file(path)
    arrays[name][1, 2] = value
    save_file(arrays, path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest.pop("sha256", None)
    manifest["layers"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    reseal(tmp_path / "manifest.json", manifest)
    with pytest.raises(StoreError, match=r"it names images|it names places|is NaN"):
        KeptScan.load(tmp_path)


def test_a_part_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, shard=(0, 2), store=tmp_path)
    path = tmp_path / "parts" / "shard-0-of-2.safetensors"
    text = b"[" * 200_000
    for content in (text, json.dumps({"__metadata__": {"convscope": text.decode()}}).encode()):
        path.write_bytes(len(content).to_bytes(8, "little") + content)
        with pytest.raises(StoreError, match=r"shard-0-of-2\.safetensors is not a readable"):
            KeptScan.load(tmp_path)
        with pytest.raises(StoreError, match=r"shard-0-of-2\.safetensors is not a readable"):
            scan(answers(40), SOURCE, store=tmp_path)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_what_was_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full from the second file on; with room again the scan goes on from the first."""
    net, source = answers(100), Numbered(100)
    scan(net, source, workers=1, store=tmp_path / "undisturbed")
    monkeypatch.setattr(scan_run, "SAVE_EVERY", 0.0)
    real, calls = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:  # of a file and its folder
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store = tmp_path / "store"
    with pytest.raises(StoreError, match=r"cannot write .*: the disk is full: free some space"):
        scan(net, source, workers=1, batch=1, store=store)
    monkeypatch.setattr(os, "fsync", real)
    assert files(store) == {"parts/shard-0-of-1.safetensors"}
    assert 0 < KeptScan.load(store).images < 100
    scan(net, source, workers=1, store=store)
    assert digest(store) == digest(tmp_path / "undisturbed")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old", durable=True)

    def fsync(handle: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreError, match="the disk is full"):
        write_bytes(path, b"new", durable=True)
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == {"file"}


def test_readers_of_a_file_that_is_replaced_keep_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_bytes(path, b"old", durable=True)
    with path.open("rb") as reader:
        write_bytes(path, b"new", durable=True)
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_parts_are_packed_flags_and_tables_of_all_layers(tmp_path: Path) -> None:
    scan(answers(40), SOURCE, shard=(1, 2), store=tmp_path)
    arrays = load_file(tmp_path / "parts" / "shard-1-of-2.safetensors")
    assert np.unpackbits(arrays["coverage"])[:3].tolist() == [0, 1, 0]
    assert arrays["values"].shape == (11, 9)


def test_a_shard_without_images_merges(tmp_path: Path) -> None:
    """More shards than micro-batches: the last are empty, and the folders together are the whole all the same."""
    parts = [tmp_path / f"part{i}" for i in range(4)]
    for i, part in enumerate(parts):
        scan(answers(40), SOURCE, shard=(i, 4), store=part)
    assert KeptScan.load(parts[3]).images == 0
    merged = KeptScan.load(parts[0])
    for part in parts[1:]:
        merged = merged.merge(KeptScan.load(part))
    merged.write(tmp_path / "merged")
    scan(answers(40), SOURCE, store=tmp_path / "whole")
    assert digest(tmp_path / "merged") == digest(tmp_path / "whole")


@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_store_that_is_removed_meanwhile_is_whole_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    net, source, told = answers(100), Numbered(100), []
    monkeypatch.setattr(scan_run, "SAVE_EVERY", 0.0)

    def remove(stage: str, done: int, total: int) -> None:
        told.append(done)
        if len(told) == at:
            shutil.rmtree(tmp_path / "removed", ignore_errors=True)

    scan(net, source, workers=1, batch=1, store=tmp_path / "removed", progress=remove)
    scan(net, source, workers=1, store=tmp_path / "left")
    assert digest(tmp_path / "removed") == digest(tmp_path / "left")
