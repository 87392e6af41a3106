"""What commands say as JSON is what they said before the grammar, under one table of renames, beside what came to it.

`json_before.json` has the documents of before, on the images that are made here and a network with random weights.
"""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.cli.app import main
from convscope.models import save_weights
from convscope.models.tiny import random_tiny

RENAMED = {"out": "store"}
"""By the key of before, the one of now; of `overlap`, which kept nothing here, None stood for no folder."""

NAMED = {"picture", "figure", "checkpoints", "tensorboard"}
"""Keys of files that are called by their names in `store` now, so that an answer says the same wherever it is kept."""

RECALLED = {"pretrained": "own"}
"""By the word of before, the one of now: a network's own weights, which may be any."""

GONE = {("train", "/figure")}
"""By command, what is said as everywhere: here, among `figures`."""

BANDS = ("low frequencies", "middle frequencies", "high frequencies")
ADDED: dict[str, set[str]] = {
    "layers": {"meaning", "exact", "gates"},
    "deconv": {"store", "figures"},
    "correspond": {
        "primary",
        "counted",
        "tests",
        "seeds",
        "untrained",
        "floor",
        "low_among_changed",
        "high_among_changed",
        "aligned",
        "aligned_deviation",
        "aligned_low",
        "aligned_high",
        "aligned_changed",
        "aligned_among_changed",
        "disjoint",
        "aligned_p",
        "aligned_p_among_changed",
        "corrected",
        "corrected_among_changed",
        "untrained_p",
        "untrained_p_among_changed",
        "verdict",
        "verdict_among_changed",
    },
    "evaluate": {"match", "output", "top1_interval", "top5_interval", "low", "high"},
    "diagnose": {
        f"{name} {end}"
        for name in ("dead", *BANDS, "beyond stride", "blocks dB", "blocks share")
        for end in ("from", "to")
    },
    "ablate": {
        f"val {top}{what} {end}".rstrip()
        for top in ("top-1", "top-5")
        for what, end in (("", "from"), ("", "to"), (" change", ""), (" change", "from"), (" change", "to"))
    },
    "evolve": {"units settle at", "from", "to", "trend"},
    "transfer": {"deviation", "means"},
}
"""By command, keys that came to its JSON since."""

OPTIONS = {
    "layers": "zoo:tiny",
    "scan": "zoo:tiny images -o STORE --layers relu1",
    "deconv": "zoo:tiny images/a/0.png -u conv1:1 -o STORE",
    "occlude": "zoo:tiny images/a/0.png -o STORE --size 16 --stride 16",
    "invariance": "zoo:tiny images/a/0.png -o STORE --transformations vertical --layers relu1",
    "correspond": "zoo:tiny images --parts parts.csv -o STORE --layers relu1 --draws 5",
    "diagnose": "zoo:tiny -o STORE",
    "evaluate": "zoo:tiny images -o STORE --match index",
    "overlap": "images images",
    "train": "quick.toml images -o STORE --hold-out 0.5",
    "ablate": "quick.toml images -o STORE --hold-out 0.5 --variants base,no-3-4-6-7 --seeds 1",
    "evolve": "run images -o STORE --model zoo:tiny --layers relu1 --units 1",
    "transfer": "zoo:tiny images -o STORE --layers fc --per-class 1 --folds 1",
}
TIMED = {"images_per_second", "seconds"}
"""What is another number each time."""
RECIPE = """
[network]
base = "zfnet"
input_size = 64
width = 0.05
[recipe]
epochs = 1
batch = 2
learning_rate = 0.02
schedule = "cosine"
init = "he"
std = 60
resize = 64
padding = 4
checkpoints = [1]
"""
BEFORE: dict[str, Any] = json.loads(Path(__file__).with_name("json_before.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four images in two folders, the table of a part of each, two checkpoints, and a training's recipe."""
    place = tmp_path_factory.mktemp("room")
    y, x = np.mgrid[:40, :40]
    lines = ["image,part,y0,x0,y1,x1"]
    for i in range(4):
        folder = place / "images" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        bands = [x * (i + 2) % 256, y * (i + 3) % 256, (x + y) * (i + 1) % 256]
        Image.fromarray(np.stack(bands, -1).astype(np.uint8)).save(folder / f"{i}.png")
        lines.append(f"{folder.name}/{i}.png,eye,5,{5 + i},15,{15 + i}")
    (place / "parts.csv").write_text("\n".join(lines) + "\n")
    (place / "run").mkdir()
    for epoch in (1, 2):
        save_weights(place / "run" / f"epoch-{epoch:04}.safetensors", random_tiny(seed=epoch).state_dict())
    (place / "quick.toml").write_text(RECIPE)
    return place


def renamed(value: Any) -> Any:
    """A document of before in the words of now."""
    if isinstance(value, dict):
        return {RENAMED.get(key, key): renamed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(one) for one in value]
    return RECALLED.get(value, value) if isinstance(value, str) else value


def without(value: Any, keys: set[str]) -> Any:
    """A document without what came to it."""
    if isinstance(value, dict):
        return {key: without(one, keys) for key, one in value.items() if key not in keys}
    return [without(one, keys) for one in value] if isinstance(value, list) else value


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict | list):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {name: leaf for key, one in items for name, leaf in leaves(one, f"{path}/{key}").items()}


def test_every_rename_and_every_addition_was_needed() -> None:
    keys = {key for document in BEFORE.values() for key in document}
    assert set(RENAMED) <= keys
    assert set(RECALLED) <= {one for document in BEFORE.values() for one in leaves(document).values()}
    assert set(ADDED) <= set(OPTIONS) == set(BEFORE)
    assert all(path in leaves(BEFORE[command]) for command, path in GONE)
    assert {name for one in BEFORE.values() for path in leaves(one) for name in path.split("/")} >= NAMED


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("command", OPTIONS)
def test_json_is_what_it_was_but_for_its_table_of_renames(
    command: str, room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(room)
    written = io.StringIO()
    asked = [str(tmp_path) if one == "STORE" else one for one in OPTIONS[command].split()]
    with contextlib.redirect_stdout(written):
        assert main([command, *asked, "--json", "-q"]) == 0
    now = json.loads(written.getvalue().replace(str(tmp_path), "STORE"))
    if command == "layers":
        now["layers"] = now["layers"][: len(BEFORE[command]["layers"])]
    added = ADDED.get(command, set())
    assert added <= {name for path in leaves(now) for name in path.split("/")}
    wanted, found = leaves(renamed(BEFORE[command])), leaves(without(now, added))
    wanted = {path: one for path, one in wanted.items() if (path, one) != ("/store", None)}
    wanted = {path: one for path, one in wanted.items() if (command, path) not in GONE}
    assert found.keys() == wanted.keys()
    for path, value in wanted.items():
        if path.rpartition("/")[2] in TIMED:
            continue
        if NAMED & set(path.split("/")) and isinstance(value, str):
            value = value.removeprefix("STORE/")
        assert found[path] == (pytest.approx(value, rel=1e-4, abs=1e-6) if isinstance(value, float) else value), path
