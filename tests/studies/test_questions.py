"""A folder holds the answer to one question: the same one goes on there, another one is refused and changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope.data import wrap_dataset
from convscope.errors import ImageError, StoreError
from convscope.models.tiny import random_tiny
from convscope.models.weights import save_weights

PHOTOS = wrap_dataset(
    [(np.full((40, 40, 3), 60 * (i % 2) + 9 * i, np.uint8), i % 2) for i in range(6)], classes=["dark", "light"]
)


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run")
    for epoch in (1, 2):
        save_weights(run / f"epoch-{epoch}.safetensors", random_tiny(seed=epoch).state_dict())
    return run


X = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
EYES = [cs.Part(f"image {i}", "eye", (2, i, 9, i + 7)) for i in range(2)]
TURNED = {"vertical": [0.0, 2.0]}

Verb = Callable[..., Any]
VERBS: list[tuple[str, Verb, dict[str, Any], str]] = [
    ("scan", lambda n, r, **o: cs.scan(n, PHOTOS, layers=["relu1"], **o), {"k": 3}, "another scan|other k"),
    ("deconv", lambda n, r, units="conv1:1", **o: cs.deconv(n, X, units, **o), {"units": "conv1:2"}, "other units"),
    ("deconv of files", lambda n, r, **o: cs.deconv(n, PHOTOS, "conv1:1", **o), {"rule": "guided"}, "options"),
    ("occlude", lambda n, r, size=16, **o: cs.occlude(n, X, size=size, stride=16, **o), {"size": 8}, "other size"),
    ("occlude files", lambda n, r, **o: cs.occlude(n, PHOTOS, size=16, stride=16, **o), {"limit": 2}, "images"),
    ("invariance", lambda n, r, **o: cs.invariance(n, X, transformations=TURNED, layers=["relu1"], **o),
     {"outside": "edge"}, "other outside"),
    ("correspond", lambda n, r, **o: cs.correspond(n, X, EYES, layers=["relu1"], **{"draws": 5, **o}),
     {"draws": 6}, "other draws"),
    ("diagnose", lambda n, r, **o: cs.diagnose(n, **o), {"labels": ["ours"]}, "other labels"),
    ("evaluate", lambda n, r, **o: cs.evaluate(n, PHOTOS, match="index", **o), {"views": "ten"}, "other views"),
    ("evolve", lambda n, r, **o: cs.evolve(r, PHOTOS, model="zoo:tiny", layers=["relu1"], units=1, **o),
     {"sample": 3}, "other sample"),
    ("transfer", lambda n, r, **o: cs.transfer(n, PHOTOS, layers=["fc"], folds=1, **{"per_class": [2], **o}),
     {"per_class": [1]}, "other folds"),
    ("overlap", lambda n, r, **o: cs.overlap(PHOTOS, **o), {"threshold": 0.5}, "other threshold"),
]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("verb", "other", "said"), [pytest.param(verb, other, said, id=name) for name, verb, other, said in VERBS]
)
def test_a_folder_is_refused_to_another_question_and_stays_as_it_is(
    verb: Verb, other: dict[str, Any], said: str, net: cs.Network, checkpoints: Path, tmp_path: Path
) -> None:
    verb(net, checkpoints, store=tmp_path)
    kept = contents(tmp_path)
    with pytest.raises(StoreError, match=said):
        verb(net, checkpoints, store=tmp_path, **other)
    assert contents(tmp_path) == kept
    verb(net, checkpoints, store=tmp_path)
    assert set(contents(tmp_path)) == set(kept)


def test_what_was_asked_is_kept_with_the_answer_and_holds_when_it_is_saved_by_hand(
    net: cs.Network, tmp_path: Path
) -> None:
    one, other = (cs.deconv(net, X, unit) for unit in ("conv1:1", "conv1:2"))
    one.save(tmp_path)
    assert cs.Projection.load(tmp_path).question == one.question
    with pytest.raises(
        StoreError, match=r"another question \(other units: conv1:1, not conv1:2\): choose another folder"
    ):
        other.save(tmp_path)
    cs.Projection.load(tmp_path).save(tmp_path / "again")
    with pytest.raises(StoreError, match="another question"):
        other.save(tmp_path / "again")


def test_how_the_work_is_shared_is_no_part_of_a_question(net: cs.Network, tmp_path: Path) -> None:
    cs.invariance(net, X, transformations=TURNED, layers=["relu1"], store=tmp_path, batch=1)
    cs.invariance(net, X, transformations=TURNED, layers=["relu1"], store=tmp_path, batch=2)


def test_another_network_is_another_question(net: cs.Network, tmp_path: Path) -> None:
    cs.deconv(net, X, "conv1:1", store=tmp_path)
    with pytest.raises(StoreError, match="other network"):
        cs.deconv(cs.load("zoo:tiny", seed=1), X, "conv1:1", store=tmp_path)


def test_it_is_said_what_a_folder_holds_beside_what_was_asked(net: cs.Network, tmp_path: Path) -> None:
    cs.deconv(net, "samples:", "conv1:1", limit=2, store=tmp_path / "one")
    said = r"\(other images: 2 of 289 samples of .*, not 3 of .*; other units: conv1:1, not conv1:2, conv1:3\)"
    with pytest.raises(StoreError, match=said):
        cs.deconv(net, "samples:", ["conv1:2", "conv1:3"], limit=3, store=tmp_path / "one")
    cs.deconv(net, X, "conv1:1", store=tmp_path / "two")
    said = r"other network: zoo:tiny \(random weights, seed 0\), not zoo:tiny \(random weights, seed 1\); " + (
        r"other options \(rule: deconvnet, not guided\)"
    )
    with pytest.raises(StoreError, match=said):
        cs.deconv(cs.load("zoo:tiny", seed=1), X, "conv1:1", rule="guided", store=tmp_path / "two")


def write_photos(folder: Path, size: int, *, more: int = 0) -> Path:
    """Twelve photos whose files have other sizes for other sides."""
    for number in range(12):
        place = folder / ("dark", "light")[number % 2] / f"{number}.bmp"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((size, size, 3), 20 * number + more, np.uint8)).save(place)
    return folder


@pytest.mark.parametrize(("verb", "size"), [("scan", 40), ("atlas", 40), ("effects", 40), ("tuning", 44)])
def test_images_that_are_replaced_meanwhile_are_said_to_be(
    net: cs.Network, tmp_path: Path, verb: str, size: int
) -> None:
    images, out = write_photos(tmp_path / "photos", 40), tmp_path / "out"

    def replacing(stage: str, done: int, total: int) -> None:
        write_photos(images, size, more=7)

    ask: dict[str, Callable[[], object]] = {
        "scan": lambda: cs.scan(net, images, layers=["fc"], k=1, store=out, progress=replacing),
        "atlas": lambda: cs.build_atlas(net, images, out, layers=["fc"], k=1, progress=replacing),
        "effects": lambda: cs.effects(
            net, images, layers=["block2.relu2"], workers=1, match="index", store=out, progress=replacing
        ),
        "tuning": lambda: cs.tuning(net, images, layers=["relu1"], k=1, store=out, progress=replacing),
    }
    with pytest.raises(ImageError, match="the images were changed while they were looked at"):
        ask[verb]()
    assert not list(out.glob("*.safetensors"))
    if verb in ("scan", "atlas"):
        manifest = out / "manifest.json"
        assert not manifest.exists() or json.loads(manifest.read_text())["complete"] is False
