"""Atlases made, continued after an interruption, left alone, refused."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope import files as convscope_files
from convscope import kernels
from convscope.atlas import Atlas, build_atlas, layers
from convscope.atlas.summary import neighbours
from convscope.data import Source, open_source
from convscope.errors import SourceError, StoreError, UnknownLayer, UsageError
from convscope.graph import Network
from convscope.models.tiny import random_tiny
from convscope.stores.scan import scan
from tests.atlas.conftest import LAYERS, tree, write_images

pytestmark = pytest.mark.usefixtures("epoch")


class Interrupt:
    """A progress callback that interrupts at its n-th call, as Ctrl-C would."""

    def __init__(self, at: int) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self.at = at

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.calls.append((stage, done, total))
        if len(self.calls) == self.at:
            raise KeyboardInterrupt


def make(net: Network, source: Source, out: Path, **more: object) -> Atlas:
    return build_atlas(net, source, out, **({"layers": LAYERS, "k": 4} | more))  # type: ignore[arg-type]


def test_an_atlas_has_the_files_that_its_readme_names(atlas: Atlas) -> None:
    found = set(tree(atlas.path))
    wanted = {"manifest.json", "atlas.sqlite", "index.html", "atlas.js", "atlas.css", "data/manifest.js"}
    wanted |= {"atlas-more.js", "embed.html", "icon.svg"}
    wanted |= {"data/network.js", "data/images/index.js", "data/images/0.js", "store/manifest.json"}
    for layer in ("00-relu1", "01-block2.relu2", "02-fc"):
        wanted |= {f"layers/{layer}.safetensors", f"data/layers/{layer}.js", f"data/layers/{layer}/0.js"}
        wanted |= {f"pictures/{layer}/{name}.webp" for name in ("0", "photos-0", "projections-0", "preview")}
    assert wanted <= found
    assert not [path for path in found if path.startswith("work/") or path.endswith(".part")]


def test_only_dead_units_have_no_pictures(atlas: Atlas) -> None:
    layer = atlas.layer("relu1")
    assert atlas.record("relu1").dead[1]
    for channel, dead in enumerate(atlas.record("relu1").dead):
        assert (atlas.path / "pictures" / layer.id / f"{channel}.webp").exists() != dead
    assert layer.dead == atlas.record("relu1").dead.sum()


def test_progress_has_stages_one_after_the_other_that_never_go_back(
    net: Network, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "BLOCK_BYTES", 4 * 25 * 25 * 6 * 4)  # some units a block
    seen = Interrupt(-1)
    make(net, source, tmp_path / "out", progress=seen)
    stages = list(dict.fromkeys(stage for stage, _, _ in seen.calls))
    layered = [stage for stage in stages if stage.startswith("project ")]
    assert layered == ["project relu1", "project block2.relu2", "project fc"]
    assert (stages[0], stages[-1]) == ("scan", "finish")
    assert [stage for stage, _, _ in seen.calls] == sorted((s for s, _, _ in seen.calls), key=stages.index)
    for stage in stages:
        dones = [done for name, done, _ in seen.calls if name == stage]
        totals = {total for name, _, total in seen.calls if name == stage}
        assert dones == sorted(dones)
        assert totals == {dones[-1]}


def test_blocks_and_workers_change_nothing(
    net: Network, source: Source, atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "BLOCK_BYTES", 1)  # one unit a block
    make(net, source, tmp_path / "out", workers=3, batch=5)
    assert tree(tmp_path / "out") == tree(atlas.path)


@pytest.mark.parametrize("every", ["stage", pytest.param("seventh call", marks=pytest.mark.slow)])
def test_an_interrupted_build_goes_on_and_ends_with_the_same_bytes(
    net: Network, source: Source, atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: str
) -> None:
    monkeypatch.setattr(layers, "BLOCK_BYTES", 4 * 25 * 25 * 6 * 20)
    whole = Interrupt(-1)
    make(net, source, tmp_path / "whole", progress=whole)
    stages = [stage for stage, _, _ in whole.calls]
    kinds = {stage.partition(" ")[0]: stage for stage in stages}.values()  # of projections, those of the last layer
    middles = {1} | {stages.index(stage) + 1 + stages.count(stage) // 2 for stage in kinds}
    for at in sorted(middles) if every == "stage" else range(1, len(stages) + 1, 7):
        out = tmp_path / str(at)
        with pytest.raises(KeyboardInterrupt):
            make(net, source, out, progress=Interrupt(at))
        again = Interrupt(-1)
        outcome = make(net, source, out, progress=again).outcome
        assert outcome == ("made" if at == 1 else "continued")  # before the first call there is nothing to go on from
        assert tree(out) == tree(atlas.path), f"interrupted at {whole.calls[at - 1]}"


def test_finished_layers_are_not_made_again(net: Network, source: Source, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "project fc":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(net, source, tmp_path, progress=stop)
    seen = Interrupt(-1)
    make(net, source, tmp_path, progress=seen)
    stages = {stage for stage, _, _ in seen.calls}
    assert {"project fc", "finish"} <= stages
    assert not {"scan", "project relu1", "project block2.relu2"} & stages


KILLED = """
    import os, signal, sys
    import torch
    import convscope as cs
    from convscope.atlas import build_atlas

    torch.set_num_threads(1)
    out, photos, stage = sys.argv[1:]
    net = cs.load("zoo:tiny")

    def progress(name, done, total):
        if name == stage and done:
            os.kill(os.getpid(), signal.SIGKILL)

    build_atlas(net, cs.open_source(photos), out, layers=["relu1", "fc"], k=4, progress=progress)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_build_goes_on_and_ends_with_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "out"), str(photos)]
    alike = os.environ | {"CONVSCOPE_KERNELS": kernels.state()}
    for stage in ("project fc", "finish"):
        assert subprocess.run([*program, stage], env=alike, check=False).returncode == -signal.SIGKILL
        # What a process leaves that is killed in the middle of writing.
        (tmp_path / "out" / "pictures" / ".1.webp.123.part").parent.mkdir(exist_ok=True)
        (tmp_path / "out" / "pictures" / ".1.webp.123.part").write_bytes(b"half a")
    net = cs.load("zoo:tiny")
    images = open_source(photos)
    assert build_atlas(net, images, tmp_path / "out", layers=["relu1", "fc"], k=4).outcome == "continued"
    build_atlas(net, images, tmp_path / "whole", layers=["relu1", "fc"], k=4)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


@pytest.mark.skipif(kernels.state() == "off", reason="compiled loops are off")
def test_an_atlas_made_with_compiled_loops_is_not_gone_on_with_without_them(
    net: Network, source: Source, atlas: Atlas
) -> None:
    assert "kernels" not in atlas.manifest["model"]
    with kernels.switched("off"), pytest.raises(StoreError, match="with kernels on, not off"):
        make(net, source, atlas.path)


def test_a_finished_atlas_is_left_as_it_is(net: Network, source: Source, atlas: Atlas) -> None:
    before = {path: path.stat().st_mtime_ns for path in atlas.path.rglob("*")}
    seen = Interrupt(-1)
    again = make(net, source, atlas.path, progress=seen)
    assert again.outcome == "unchanged"
    assert not seen.calls
    assert {path: path.stat().st_mtime_ns for path in atlas.path.rglob("*")} == before


def test_the_page_of_another_version_is_replaced(net: Network, source: Source, tmp_path: Path) -> None:
    made = make(net, source, tmp_path, layers=["fc"])
    current = (tmp_path / "atlas.js").read_bytes()
    (tmp_path / "atlas.js").write_text("old")
    assert make(net, source, tmp_path, layers=["fc"]).outcome == "unchanged"
    assert made.page.exists()
    assert (tmp_path / "atlas.js").read_bytes() == current


def test_a_layer_that_was_lost_is_made_again(net: Network, source: Source, tmp_path: Path) -> None:
    made = make(net, source, tmp_path)
    before = tree(tmp_path)
    (tmp_path / "layers" / f"{made.layers[1].id}.safetensors").unlink()
    assert make(net, source, tmp_path).outcome == "continued"
    assert tree(tmp_path) == before


def test_another_model_is_refused_with_both_named(net: Network, source: Source, atlas: Atlas) -> None:
    other = Network.trace(random_tiny(seed=7), (3, 32, 32), name="tiny two", preprocess=net.preprocess)
    with pytest.raises(StoreError, match=r"other model: tiny \(\w{12}\), not tiny two \(\w{12}\)"):
        make(other, source, atlas.path)


def test_other_images_are_refused_with_both_named(net: Network, atlas: Atlas, tmp_path: Path) -> None:
    others = open_source(write_images(tmp_path / "others", count=3))
    with pytest.raises(StoreError, match=r"other images: 15 images in .*photos.*, not 4 images in .*others"):
        make(net, others, atlas.path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"k": 5}, "k 4, not 5"),
        ({"layers": ["fc"]}, "layers relu1,block2.relu2,fc, not fc"),
        ({"tile": 64, "rule": "guided"}, "tile 112, not 64; rule deconvnet, not guided"),
    ],
)
def test_other_options_are_refused_with_both_named(
    net: Network, source: Source, atlas: Atlas, more: dict[str, object], said: str
) -> None:
    with pytest.raises(StoreError, match=said):
        make(net, source, atlas.path, **more)


def test_the_order_in_which_layers_are_named_does_not_matter(net: Network, source: Source, atlas: Atlas) -> None:
    assert make(net, source, atlas.path, layers=["fc", "block2", "relu1", "fc"]).outcome == "unchanged"


def test_a_folder_of_other_files_is_refused(net: Network, source: Source, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(StoreError, match=r"holds other files \(thesis.tex"):
        make(net, source, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_folder(net: Network, source: Source, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        make(net, source, tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"k": 0}, UsageError, "k=0: give 1 or more"),
        ({"tile": 3}, UsageError, "8 to 1024"),
        ({"thumb": 5}, UsageError, "16 to 4096"),
        ({"limit": 0}, UsageError, "limit"),
        ({"rule": "magic"}, UsageError, "'magic'"),
        ({"layers": []}, UsageError, "name one layer or more"),
        ({"layers": ["relu9"]}, UnknownLayer, "did you mean 'relu1'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    net: Network, source: Source, tmp_path: Path, more: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make(net, source, tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


def test_corrupt_images_are_left_out_and_listed(atlas: Atlas, source: Source) -> None:
    failures = atlas.manifest["failures"]
    assert failures["count"] == 1
    (bad,) = failures["shown"]
    assert bad["name"].endswith("broken.png")
    assert source.name(bad["image"]) == bad["name"]
    assert bad["reason"]
    for layer in atlas.layers:
        assert bad["image"] not in atlas.record(layer.name).images


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no text are Linux's")
def test_hostile_names_are_kept_as_text(net: Network, tmp_path: Path) -> None:
    names = ["script><script>alert(1)<!--.png", "\"'`&amp;.png", "\u202egnp.png", "é" * 120 + ".png", "a\u2028b.png"]
    folder = tmp_path / "photos" / "<"  # names below it begin with "</"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0)
    for name in (*names, os.fsdecode(b"caf\xe9.png")):
        Image.fromarray(noise.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(folder / name, "PNG")
    made = make(net, open_source(tmp_path / "photos"), tmp_path / "out", layers=["fc"], k=6)
    assert set(made.unit("fc:0").names) == {f"</{name}" for name in (*names, "caf\ufffd.png")}
    assert made.unit("fc:0").classes == ("<",) * 6
    for path in (tmp_path / "out" / "data").rglob("*.js"):
        data = path.read_bytes()
        assert data.isascii()
        assert b"<" not in data


def test_a_limit_takes_images_from_all_over(net: Network, source: Source, tmp_path: Path) -> None:
    made = make(net, source, tmp_path, limit=4, layers=["fc"])
    assert made.manifest["data"]["count"] == 4
    assert made.manifest["options"]["limit"] == 4
    assert len(made.unit("fc:0").values) == 4 - made.manifest["failures"]["count"]


def test_without_whole_images_there_are_none(net: Network, source: Source, tmp_path: Path) -> None:
    made = make(net, source, tmp_path, thumb=0, layers=["fc"])
    assert not (tmp_path / "pictures" / "images").exists()
    assert made.manifest["paths"]["image"] is None


def test_an_image_that_is_gone_after_the_scan_is_named(net: Network, tmp_path: Path) -> None:
    folder = write_images(tmp_path / "photos", count=4)
    images = open_source(folder)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "project fc":
            raise KeyboardInterrupt

    def lose(stage: str, done: int, total: int) -> None:
        if stage == "project fc" and done == 0:
            (folder / "dog" / "1.png").unlink()

    # The crops that the scan had at hand are gone with the process that it ran in.
    with pytest.raises(KeyboardInterrupt):
        make(net, images, tmp_path / "out", layers=["fc"], progress=stop)
    with pytest.raises(SourceError, match=r"dog.1\.png\) was there for the scan and cannot be read now"):
        make(net, images, tmp_path / "out", layers=["fc"], progress=lose)


def test_a_full_disk_is_said_and_nothing_is_lost(
    net: Network, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    write_bytes = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        nonlocal written
        written += 1
        if written > 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(convscope_files.Path, "write_bytes", fill)
        with pytest.raises(StoreError, match=r"cannot write .*: the disk is full: free some space"):
            make(net, source, tmp_path / "out")
    make(net, source, tmp_path / "out")
    make(net, source, tmp_path / "whole")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_neighbours_are_by_the_responses_to_all_sampled_images(net: Network, tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    plain = open_source([noise.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(12)])
    made = make(net, plain, tmp_path, layers=["block2"])
    record = made.record("block2.relu2")
    assert record.class_mean is None
    assert record.preference is None
    assert made.manifest["layers"][0]["neighbours"] == "correlation of strongest responses in 12 images"
    found = scan(net, plain, layers=["block2.relu2"], k=12)["block2.relu2"].topk
    responses = np.zeros((12, len(record.values)))
    for unit, (images, values) in enumerate(zip(found.images, found.values, strict=True)):
        responses[images, unit] = values
    wanted = neighbours(responses)
    assert record.near.units.tolist() == wanted.units.tolist()
    assert record.near.similarity == pytest.approx(wanted.similarity, abs=1e-6)


def test_threads_are_as_many_as_before(net: Network, source: Source, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    make(net, source, tmp_path, layers=["fc"], workers=2)
    assert torch.get_num_threads() == before
