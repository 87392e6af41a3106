"""What SECURITY.md says: a hostile file of each kind, which would leave a mark if it could, leaves none.

Every mark is an empty folder within the test's own. That the traps work where files are trusted is tested first.
(Exported programs and atlases have their tests beside them.)
"""

import io
import json
import os
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.cli import main
from convscope.data import load_image
from convscope.errors import ConvscopeError
from convscope.models.tiny import TinyNet
from convscope.models.weights import read_weights
from convscope.training.config import read_config
from tests.data.making import colour_file, encoded


class Trap:
    """Unpickling this makes a folder: the mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Where a mark would be."""
    return tmp_path / "mark"


def python(mark: Path) -> str:
    """A program that leaves the mark when it is imported."""
    return f"import os\nos.mkdir({str(mark)!r})\n"


def attempt(use: Callable[[], Any]) -> None:
    """Use a file as a user would; that it is refused is well, and so is that it is read."""
    with suppress(ConvscopeError):
        use()


def read_all(source: cs.Source) -> None:
    for index in range(len(source)):
        attempt(lambda at=index: load_image(source, at))


# The traps work


def test_traps_work_where_files_are_trusted(mark: Path, tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(mark)))  # noqa: S301
    assert mark.exists()
    mark.rmdir()
    torch.save({"w": Trap(mark)}, tmp_path / "a.pth")
    torch.load(tmp_path / "a.pth", weights_only=False)
    assert mark.exists()
    mark.rmdir()
    np.savez(tmp_path / "a.npz", w=np.array([Trap(mark)], dtype=object))
    with np.load(tmp_path / "a.npz", allow_pickle=True) as pack:
        pack["w"]
    assert mark.exists()


def test_what_py_names_runs(mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one scheme that runs code: so the tests of the others look for something that can happen."""
    (tmp_path / "hostile_module_of_a_test.py").write_text(python(mark))
    monkeypatch.chdir(tmp_path)
    attempt(lambda: cs.load("py:hostile_module_of_a_test:make"))
    assert mark.exists()


# Weights


def save_npz(value: Any, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, w=np.array([value], dtype=object))


def save_array(value: Any, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([value], dtype=object))


SAVERS: dict[str, Callable[[Any, Path], Any]] = {
    "plain pickle": lambda value, path: path.write_bytes(pickle.dumps(value)),
    "old pickle": lambda value, path: path.write_bytes(pickle.dumps(value, protocol=0)),
    "torch": torch.save,
    "torch, old": lambda value, path: torch.save(value, path, _use_new_zipfile_serialization=False),
    "npz": save_npz,
    "array": save_array,
}
SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".tar", ".pkl", ".npz", ".safetensors")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("saver", SAVERS)
def test_weights(mark: Path, tmp_path: Path, suffix: str, saver: str) -> None:
    path = tmp_path / f"weights{suffix}"
    SAVERS[saver]({"state_dict": {"w": torch.zeros(1), "x": Trap(mark)}}, path)
    for use in (
        lambda: read_weights(path),
        lambda: cs.load("zoo:tiny", weights=path),
        lambda: cs.load(f"file:{path}"),
    ):
        with pytest.raises(ConvscopeError):
            use()
    assert not mark.exists()


def leave(mark: str) -> None:
    """What a stranger's package might have: nothing that its name gives away."""
    os.mkdir(mark)  # noqa: PTH102


class Stranger(Trap):
    """Unpickling this calls a function that no list of names knows."""

    def __reduce__(self) -> tuple[Any, ...]:
        return leave, (str(self.mark),)


@pytest.mark.parametrize("saver", ["plain pickle", "old pickle", "torch", "torch, old"])
def test_functions_beside_weights_are_not_called(mark: Path, tmp_path: Path, saver: str) -> None:
    pickle.loads(pickle.dumps(Stranger(mark)))  # noqa: S301 (the trap works)
    mark.rmdir()
    state = TinyNet().state_dict()
    SAVERS[saver]({"state_dict": state, "x": Stranger(mark), "y": [Stranger(mark)]}, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth").state
    assert torch.equal(found["fc.weight"], state["fc.weight"])
    cs.load("zoo:tiny", weights=tmp_path / "a.pth")
    assert not mark.exists()


@pytest.mark.parametrize("scheme", ["torchvision:resnet18", "timm:resnet18"])
def test_weights_of_installed_networks(mark: Path, tmp_path: Path, timm: ModuleType, scheme: str) -> None:
    torch.save({"w": Trap(mark)}, tmp_path / "a.pth")
    with pytest.raises(ConvscopeError):
        cs.load(scheme, weights=tmp_path / "a.pth", input_size=64)
    assert not mark.exists()


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_folders_of_transformers(
    mark: Path, tmp_path: Path, torchvision: ModuleType, monkeypatch: pytest.MonkeyPatch, weights: str
) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("builtins.input", lambda question="": "y")
    code = {name: f"evil.{name}" for name in ("AutoConfig", "AutoModelForImageClassification", "AutoImageProcessor")}
    (tmp_path / "evil.py").write_text(python(mark))
    torch.save({"w": Trap(mark)}, tmp_path / weights)
    for kind in ("evil", "resnet", "bert"):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": kind, "auto_map": code}))
        (tmp_path / "preprocessor_config.json").write_text(json.dumps({"auto_map": code, "image_processor_type": "E"}))
        attempt(lambda: cs.load(f"hf:{tmp_path}"))
        attempt(lambda: cs.load(f"hf:{tmp_path}", weights="random", input_size=64))
    assert not mark.exists()


# Images and collections


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "gif", "ppm"])
def test_images(mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """PostScript and others under the names of images, with everything at hand that could be started for them."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gs", "gswin32c", "gswin64c", "djpeg", "magick", "convert", "inkscape", "xdg-open"):
        (programs / name).write_text(f"#!/bin/sh\nmkdir '{mark}'\nexit 1\n", encoding="ascii")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    photos = tmp_path / "photos"
    photos.mkdir()
    starts = [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n", b"%PDF-1.4\n"]
    starts += [b"\xd7\xcd\xc6\x9a" + bytes(40), b"#!/bin/sh\nfalse\n", pickle.dumps(Trap(mark)), b"<svg/>"]
    for number, start in enumerate(starts):
        (photos / f"{number}.{suffix}").write_bytes(start)
    read_all(cs.open_source(photos))
    read_all(cs.open_source([str(path) for path in sorted(photos.iterdir())]))
    assert main(["deconv", "zoo:tiny", str(photos / f"0.{suffix}"), "-u", "conv1:0", "-o", str(tmp_path / "o")]) != 0
    assert not mark.exists()


def test_packs(mark: Path, tmp_path: Path) -> None:
    members = {"data": np.frombuffer(pickle.dumps(Trap(mark)), np.uint8), "offsets": np.array([0, 10])}
    for name in ("classes", "names", "labels", "data", "offsets"):
        hostile = {**members, name: np.array([Trap(mark)], dtype=object)}
        np.savez(tmp_path / "a.npz", **hostile)
        with pytest.raises(ConvscopeError):
            cs.open_source(f"npz:{tmp_path / 'a.npz'}")
    np.savez(tmp_path / "b.npz", **members)
    read_all(cs.open_source(f"npz:{tmp_path / 'b.npz'}"))
    assert not mark.exists()


def test_archives_with_links_and_paths_that_lead_out(mark: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    picture = encoded(np.zeros((4, 4, 3), np.uint8), "PNG")
    with tarfile.open(inner / "s.tar", "w") as archive:
        for name in ("a.png", "../mark/b.png", f"{mark}/c.png", "a.pickle", "a.pyd", "a.cls"):
            content = pickle.dumps(Trap(mark)) if name.startswith("a.p") and name != "a.png" else picture
            content = b"0" if name == "a.cls" else content
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, kind in (("link.png", tarfile.SYMTYPE), ("hard.png", tarfile.LNKTYPE), ("p.png", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(mark)
            archive.addfile(info)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    read_all(cs.open_source(f"tar:{inner / 's.tar'}"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert not mark.exists()


def test_tables(mark: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    # How Arrow once stored Python's own types: as pickles that were loaded with the schema.
    hostile = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(Trap(mark))}
    cells = pyarrow.array([pickle.dumps(Trap(mark)), b"x"], pyarrow.binary())
    field = pyarrow.field("image", pyarrow.binary(), metadata=hostile)
    note = {"huggingface": json.dumps({"info": {"features": {"label": {"names": "x", "_type": "Trap"}}}})}
    schema = pyarrow.schema([field], metadata=note)
    parquet.write_table(pyarrow.Table.from_arrays([cells], schema=schema), tmp_path / "a.parquet")
    read_all(cs.open_source(tmp_path / "a.parquet"))
    assert not mark.exists()


def test_datasets_with_scripts(mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("builtins.input", lambda question="": "y")
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("photos.py", "dataset.py", "__init__.py"):
        (folder / name).write_text(python(mark))
    attempt(lambda: cs.open_source(f"hf:{folder}"))
    attempt(lambda: cs.open_source(f"hf:{folder}:train"))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "a.arrow"}], "_format_type": "evil"}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": {"image": {"_type": "Trap"}}}))
    (folder / "a.arrow").write_bytes(pickle.dumps(Trap(mark)))
    attempt(lambda: cs.open_source(f"hf:{folder}"))
    assert not mark.exists()


# Texts


@pytest.mark.parametrize("command", ["train", "ablate"])
def test_recipes(mark: Path, tmp_path: Path, command: str) -> None:
    colour_file(tmp_path / "images" / "a" / "a.png", 1)
    escaped = json.dumps(f"__import__('os').mkdir({str(mark)!r})")
    for text in (
        f"name = {escaped}\n[network]\nbase = {escaped}",
        f"[recipe]\nschedule = {escaped}\nepochs = {escaped}",
        f"[network]\nwidths = {{ 6 = {escaped} }}",
        f"'!!python/object/apply:os.mkdir' = [{json.dumps(str(mark))}]",
        f"!!python/object/apply:os.mkdir [{json.dumps(str(mark))}]",
    ):
        (tmp_path / "recipe.toml").write_text(text)
        attempt(lambda: read_config(tmp_path / "recipe.toml").network.architecture(2))
        out = tmp_path / "out"
        assert main([command, str(tmp_path / "recipe.toml"), str(tmp_path / "images"), "-o", str(out)]) != 0
    assert not mark.exists()


def test_descriptions_and_lists(mark: Path, tmp_path: Path) -> None:
    colour_file(tmp_path / "images" / "a.png", 1)
    evil = f"__import__('os').mkdir({str(mark)!r})"
    (tmp_path / "p.json").write_text(json.dumps({"height": evil, "width": evil, "__reduce__": evil}))
    (tmp_path / "classes.txt").write_text(evil)
    (tmp_path / "list.txt").write_text(f"images/a.png\t{evil}\n$(mkdir {mark}).png\t1\n|mkdir {mark}\t0\n")
    (tmp_path / "images" / "labels.csv").write_text(f'file,class_index,name\na.png,0,"=cmd|{evil}"\n')
    run = [sys.executable, "-m", "convscope", "layers", "zoo:tiny"]
    for option in (["--preprocess", str(tmp_path / "p.json")], ["--classes", str(tmp_path / "classes.txt")]):
        done = subprocess.run([*run, *option], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 2)  # a name of a class may be any text
    read_all(cs.open_source(f"list:{tmp_path / 'list.txt'}"))
    read_all(cs.open_source(tmp_path / "images"))
    assert not mark.exists()


def test_names_from_files_do_not_act_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"\x1b[2J\x9b1mevil\u202e": torch.zeros(2, 2)}, tmp_path / "a.pth")
    assert main(["layers", str(tmp_path / "a.pth")]) == 0
    assert main(["layers", "zoo:tiny", "--weights", str(tmp_path / "a.pth")]) == 3
    told = "".join(capsys.readouterr())
    assert told.count(r"\x1b[2J\x9b1mevil\u202e") >= 2
    assert not set(told) & {"\x1b", "\x9b", "\u202e"}
