"""`convscope evolve`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.errors import WeightsError
from convscope.models import save_weights
from convscope.models.architecture import ZFNET
from convscope.models.networks import build
from convscope.models.tiny import random_tiny
from convscope.stores.evolution import evolution
from convscope.studies.evolution import checkpoints
from tests.cli.conftest import Outcome

LAYER = "relu1"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training with three checkpoints, of which the last two are the same."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "checkpoints").mkdir()
    for epoch, seed in ((1, 0), (2, 1), (10, 1)):
        save_weights(folder / "checkpoints" / f"epoch-{epoch:04}.safetensors", random_tiny(seed=seed).state_dict())
    (folder / "state.safetensors").write_bytes(b"")
    return folder


@pytest.fixture
def evolve(convscope: Callable, images: Path, tmp_path: Path) -> Callable:
    """Runs the command on the images for checkpoints of the tiny network."""

    def run_it(run: Path, *arguments: object) -> Outcome:
        return convscope("evolve", run, images, "-o", tmp_path / "out", "--model", "zoo:tiny", *arguments)

    return run_it


def test_figures_table_and_document_of_a_training(evolve: Callable, images: Path, run: Path, tmp_path: Path) -> None:
    out, chosen = tmp_path / "out", ("--layers", f"{LAYER},fc", "--units", 2)
    done = evolve(run, *chosen, "--json")
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} >= {"units.png", "settling.png", "evolution.json", "layers.csv"}
    document = done.document
    assert document["epochs"] == [1, 2, 10]
    assert [one["name"] for one in document["layers"]] == [LAYER, "fc"]
    assert [one["settled at"] for one in document["layers"]] == [2, 2]
    assert json.loads((out / "evolution.json").read_text())["units"] == document["units"]
    assert len(list(csv.DictReader((out / "layers.csv").read_text().splitlines()))) == 6
    with Image.open(out / "units.png") as picture:
        assert min(picture.size) > 100

    steps = [(e, cs.load("zoo:tiny", weights=p)) for e, p in checkpoints(run).items()]
    expected = evolution(steps, cs.open_source(str(images)), layers=[LAYER, "fc"], units=2)
    assert document["units"] == expected.to_json()["units"]

    assert "epoch 2: 7/7" in done.err
    again = evolve(run, *chosen, "--json")
    assert again.document == document
    assert "epoch 2: 7/7" not in again.err  # what was scanned was kept


@pytest.mark.usefixtures("undrawn")
def test_text_says_when_each_layer_settles(evolve: Callable, run: Path) -> None:
    done = evolve(run / "checkpoints", "--epochs", "1,2", "-u", f"{LAYER}:3", "--layers", LAYER, "-q")
    assert done.code == 0, done.err
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[1].split()[:7] == ["layer", "units", "settled", "at", "units", "settle", "at"]
    assert lines[1].split()[7:] == ["epoch", "1", "epoch", "2", "jumped", "last"]
    assert lines[2].split()[0] == LAYER
    assert f"{LAYER} at 2 (still changing)" in lines[-1]
    assert "one layer has no trend" in lines[-1]


@pytest.mark.usefixtures("undrawn")
def test_checkpoints_that_name_their_network_need_no_model(convscope: Callable, images: Path, tmp_path: Path) -> None:
    small = ZFNET.scaled(input_size=64, width=0.05, outputs=3).with_widths({6: 8, 7: 8})
    said = {"architecture": small.to_json(), "preprocess": cs.Preprocess(64, 64).to_json()}
    place = tmp_path / "weights"
    place.mkdir()
    for epoch in (3, 4):
        state = build(small, init="pytorch", seed=epoch).state_dict()
        save_weights(place / f"net_{epoch}.safetensors", state, said)
    done = convscope("evolve", place, images, "-o", tmp_path / "out", "--units", 1, "--json")
    assert done.code == 0, done.err
    assert done.document["epochs"] == [3, 4]
    assert [one["name"] for one in done.document["layers"]] == [f"relu{i}" for i in range(1, 6)]


def test_weights_that_do_not_name_their_network_are_refused(
    convscope: Callable, images: Path, run: Path, tmp_path: Path
) -> None:
    done = convscope("evolve", run, images, "-o", tmp_path)
    assert done.code == 3
    assert "does not say which network it is for" in done.err


def test_the_atlas_gets_an_entry(evolve: Callable, images: Path, run: Path, tmp_path: Path) -> None:
    atlas = tmp_path / "atlas"
    cs.build_atlas(cs.load("zoo:tiny"), str(images), atlas, layers=[LAYER], k=1)
    done = evolve(run, "--layers", LAYER, "--units", 1, "--epochs", "1,2", "--atlas", atlas, "-q")
    assert done.code == 0, done.err
    (entry,) = experiments(atlas)
    assert (entry.name, entry.kind) == ("evolution", "evolution")
    assert set(entry.figures) == {"units.png", "settling.png"}
    assert all(entry.captions)


@pytest.mark.usefixtures("undrawn")
def test_a_checkpoint_that_was_trained_anew_is_not_mixed_with_what_was_kept(
    evolve: Callable, run: Path, tmp_path: Path
) -> None:
    assert evolve(run, "--layers", LAYER, "--epochs", "1,2").code == 0
    other = tmp_path / "other"
    other.mkdir()
    for epoch, source in ((1, 10), (2, 1)):
        content = (run / "checkpoints" / f"epoch-{source:04}.safetensors").read_bytes()
        (other / f"epoch-{epoch:04}.safetensors").write_bytes(content)
    done = evolve(other, "--layers", LAYER)
    assert done.code == 5
    assert "holds another scan" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere",), 3, "nowhere is no folder: give the folder of a training"),
        (("RUN", "--epochs", "1,5"), 3, "no checkpoint of epoch 5 in"),
        (("RUN", "--epochs", "1"), 2, "evolution compares at least two"),
        (("RUN", "--epochs", "one"), 2, "--epochs 'one': give numbers"),
        (("RUN", "--layers", "relu9"), 2, "layer 'relu9' is not in"),
        (("RUN", "-u", "relu1"), 2, "is not a unit"),
        (("RUN", "--threshold", "2"), 2, "--threshold 2"),
    ],
)
def test_bad_input_is_named(evolve: Callable, run: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    first, *rest = arguments
    done = evolve(run if first == "RUN" else first, *rest)
    assert done.code == code
    assert message in done.err


def test_epochs_are_the_last_numbers_of_names(tmp_path: Path) -> None:
    for name in ("run2-epoch-03.pth", "model_12.safetensors", "notes-4.txt", "final.safetensors"):
        (tmp_path / name).write_bytes(b"")
    assert list(checkpoints(tmp_path)) == [3, 12]
    (tmp_path / "again-012.npz").write_bytes(b"")
    with pytest.raises(WeightsError, match="both of epoch 12"):
        checkpoints(tmp_path)


def test_a_folder_without_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no checkpoint in"):
        checkpoints(tmp_path)


@pytest.mark.usefixtures("undrawn")
def test_a_diverged_checkpoint_is_reported_and_no_error(evolve: Callable, tmp_path: Path) -> None:
    place = tmp_path / "weights"
    place.mkdir()
    state = random_tiny().state_dict()
    save_weights(place / "epoch-1.safetensors", state)
    save_weights(place / "epoch-2.safetensors", {k: v * np.nan for k, v in state.items()})
    done = evolve(place, "--layers", LAYER, "--units", 1, "--json")
    assert done.code == 0, done.err
    assert done.document["units"][0]["images"][1] == -1
    assert done.document["curves"][0]["like final"] is None
