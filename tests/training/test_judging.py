"""Answers that are no choice among classes, judged: every measure against its definition, written out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from convscope.data import Preprocess, Source, load_image, open_source
from convscope.errors import ShapeError, SourceError, UsageError
from convscope.graph import Network
from convscope.methods.intervals import drawn, wilson
from convscope.training import ClassAccuracy, Judgement, evaluate
from convscope.training.measures import area as ours
from convscope.training.measures import measure, of_overlap, of_values, weighted_precision
from tests.graph import headed
from tests.graph.headed import SHAPE, made

RECIPE = Preprocess(SHAPE[1], SHAPE[2], mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
COUNT = 24


def network(module: nn.Module, **options: Any) -> Network:
    return headed.network(module, preprocess=RECIPE, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of two classes, sizes that are cropped to nothing else, each of another tint."""
    place, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(3)
    for index in range(COUNT):
        kind = ("no", "yes")[index % 2]
        (place / kind).mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (*SHAPE[1:], 3)) * 0.5 + rng.integers(0, 128, 3)
        Image.fromarray(pixels.astype(np.uint8)).save(place / kind / f"{index:02}.png")
    return place


@pytest.fixture(scope="module")
def source(folder: Path) -> Source:
    return open_source(folder)


def inputs(source: Source) -> Tensor:
    pixels = np.stack([load_image(source, index) for index in range(len(source))])
    return RECIPE.normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2), dtype=torch.float64)


def judged(net: Network | list[Network], source: Source, **options: Any) -> Judgement:
    found = evaluate(net, source, **options)
    assert isinstance(found, Judgement)
    return found


def area(scores: list[float], truth: list[bool]) -> float:
    """The share of pairs of an image that has the class and one that has not in which the first is ranked higher."""
    pairs = [(a > b) + (a == b) / 2 for a, t in zip(scores, truth, strict=True) if t
             for b, u in zip(scores, truth, strict=True) if not u]  # fmt: skip
    return sum(pairs) / len(pairs)


def precision(scores: list[float], truth: list[bool]) -> float:
    """The mean over images that have the label of the share of those ranked as high that have it."""
    shares = []
    for own, there in zip(scores, truth, strict=True):
        if there:
            above = [t for s, t in zip(scores, truth, strict=True) if s >= own]
            shares.append(sum(above) / len(above))
    return sum(shares) / len(shares)


@torch.no_grad()
def numbers(module: nn.Module, source: Source) -> Tensor:
    return module(inputs(source))


@pytest.mark.parametrize("classes", [None, ["yes"], ["no", "yes"]])
def test_one_logit_by_its_definition(source: Source, classes: list[str] | None) -> None:
    module = headed.OneLogit()
    found = judged(network(module, classes=classes), source)
    scores = (1 / (1 + (-numbers(module, source)[:, 0]).exp())).tolist()
    truth = [source.classes[source.label(i)] == "yes" for i in range(COUNT)]
    right = sum((s > 0.5) == t for s, t in zip(scores, truth, strict=True))
    hits = sum(s > 0.5 and t for s, t in zip(scores, truth, strict=True))
    passes = sum(s <= 0.5 and not t for s, t in zip(scores, truth, strict=True))
    assert found.images == COUNT
    assert found["AUROC"].value == pytest.approx(area(scores, truth), abs=1e-12)
    assert found["accuracy"].value == pytest.approx(right / COUNT)
    assert found["sensitivity"].value == pytest.approx(hits / sum(truth))
    assert found["specificity"].value == pytest.approx(passes / (COUNT - sum(truth)))
    assert (found["accuracy"].low, found["accuracy"].high) == wilson(right, COUNT)
    assert all(one.low <= one.value <= one.high for one in found.measures)
    assert found["AUROC"].low < found["AUROC"].high
    assert "One output: taken as the logit of class 1 (sigmoid)." in found.summary
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["output"]["kind"] == "binary"


def test_names_of_the_images_classes_decide_which_is_the_one(source: Source) -> None:
    module = headed.OneLogit()
    yes, no = (judged(network(module, classes=names), source) for names in (["yes"], ["no"]))
    assert no["AUROC"].value == pytest.approx(1 - yes["AUROC"].value)
    with pytest.raises(UsageError, match="no class of the images is called 'perhaps'"):
        judged(network(module, classes=["perhaps"]), source)


def test_a_class_that_its_order_alone_made_the_one_and_is_ranked_last_is_said(tmp_path: Path) -> None:
    class Bright(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 1)
            nn.init.constant_(self.conv.weight, 9.0)
            nn.init.zeros_(self.conv.bias)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x).mean((2, 3))

    for index in range(12):
        kind = ("bright", "dark")[index % 2]
        (tmp_path / kind).mkdir(exist_ok=True)
        level = (200, 50)[index % 2] + index
        Image.fromarray(np.full((*SHAPE[1:], 3), level, np.uint8)).save(tmp_path / kind / f"{index}.png")
    source, said = open_source(tmp_path), "ranked last: where another class is the one, name it (classes=)"
    assert said in judged(Network.trace(Bright(), SHAPE, preprocess=RECIPE), source).summary
    for names in (["bright"], ["dark"]):  # who names it is believed
        assert said not in judged(Network.trace(Bright(), SHAPE, preprocess=RECIPE, classes=names), source).summary


def test_labels_by_a_table(source: Source, tmp_path: Path) -> None:
    module, rng = headed.Ending("sigmoid", 3), np.random.default_rng(0)
    truth = rng.integers(0, 2, (COUNT, 3))
    truth[:, 2] = 0  # that no image has
    table = tmp_path / "labels.csv"
    lines = ["image,wet,dry,odd", *(f"{source.name(i)},{','.join(map(str, truth[i]))}" for i in range(COUNT))]
    table.write_text("\n".join(lines[:-2]))  # of the last two nothing is known
    found = judged(network(module), source, truth=table)
    assert (found.images, found.unlabelled) == (COUNT - 2, 2)
    scores = numbers(module, source)[: COUNT - 2]
    expected = [precision(scores[:, c].tolist(), truth[: COUNT - 2, c].astype(bool).tolist()) for c in (0, 1)]
    assert [one.value for one in found.each[:2]] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(found.each[2].value)
    assert found["mean average precision"].value == pytest.approx(np.mean(expected), abs=1e-12)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["measures"][3]["value"] is None
    # columns are found by the names of the classes, whatever their order
    turned = judged(network(module, classes=["odd", "dry", "wet"]), source, truth=table)
    again = [precision(scores[:, 2 - c].tolist(), truth[: COUNT - 2, c].astype(bool).tolist()) for c in (0, 1)]
    assert [one.value for one in turned.each[:0:-1]] == pytest.approx(again, abs=1e-12)
    with pytest.raises(UsageError, match="no column 'old'; did you mean 'odd'"):
        judged(network(module, classes=["old", "dry", "wet"]), source, truth=table)


def test_labels_by_the_images_own_class(source: Source) -> None:
    module = headed.Ending("sigmoid", 2)
    found = judged(network(module, classes=["yes", "no"]), source)
    truth = [source.classes[source.label(i)] == "yes" for i in range(COUNT)]
    assert found["yes"].value == pytest.approx(precision(numbers(module, source)[:, 0].tolist(), truth), abs=1e-12)


@pytest.mark.parametrize("outputs", [1, 2])
def test_values_by_their_definition(source: Source, outputs: int) -> None:
    module, rng = headed.Trunk(outputs), np.random.default_rng(0)
    truth = rng.normal(size=(COUNT, outputs))
    found = judged(network(module, scores="none"), source, truth={source.name(i): truth[i] for i in range(COUNT)})
    said = numbers(module, source).numpy()
    assert found["MAE"].value == pytest.approx(np.abs(said - truth).mean(), abs=1e-12)
    explained = 1 - ((said - truth) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)
    assert found["R2"].value == pytest.approx(explained.mean(), abs=1e-12)
    if outputs == 2:
        assert found["MAE of output 1"].value == pytest.approx(np.abs(said - truth)[:, 1].mean(), abs=1e-12)
        assert found["R2 of output 1"].value == pytest.approx(explained[1], abs=1e-12)
    listed = judged(network(module, scores="none"), source, truth=truth)
    assert [one.value for one in listed.measures] == [one.value for one in found.measures]


def masks(folder: Path, source: Source, place: Path, classes: int) -> list[np.ndarray]:
    rng, made_masks = np.random.default_rng(1), []
    for index in range(COUNT - 1):  # the last image has none
        mask = rng.integers(0, classes, SHAPE[1:]).astype(np.uint8)
        mask[rng.random(mask.shape) < 0.1] = 255
        path = (place / source.name(index)).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(mask)
        if index % 2:
            image = image.convert("P")
            image.putdata(mask.flatten().tolist())  # numbers of a palette
        image.save(path)
        made_masks.append(mask)
    return made_masks


def test_maps_by_masks(folder: Path, source: Source, tmp_path: Path) -> None:
    module = headed.UNet()
    truth = masks(folder, source, tmp_path, 3)
    found = judged(network(module), source, truth=tmp_path)
    assert (found.images, found.unlabelled, found.failures) == (COUNT - 1, 1, ())
    with torch.no_grad():
        said = module(inputs(source))["out"].argmax(1).numpy()
    for c in range(3):
        both = either = 0
        for mask, answer in zip(truth, said, strict=False):
            for t, a in zip(mask.flatten().tolist(), answer.flatten().tolist(), strict=True):
                both += t == a == c
                either += t != 255 and c in (t, a)
        assert found[f"IoU of class {c}"].value == pytest.approx(both / either, abs=1e-12)
    assert found["mean IoU"].value == pytest.approx(np.mean([one.value for one in found.each]), abs=1e-12)
    known = np.stack(truth) != 255
    right = (np.stack(truth) == said[: COUNT - 1]) & known
    assert found["pixel accuracy"].value == pytest.approx(right.sum() / known.sum())
    assert found["mean IoU"].low < found["mean IoU"].value < found["mean IoU"].high


def test_maps_of_one_class_take_any_mark_for_it(folder: Path, source: Source, tmp_path: Path) -> None:
    module = headed.UNet(1)
    truth = [mask > 0 for mask in masks(folder, source, tmp_path, 2)]
    found = judged(network(module), source, truth=tmp_path)
    with torch.no_grad():
        said = (module(inputs(source))["out"][:, 0] > 0).numpy()[: COUNT - 1]
    assert found["IoU"].value == pytest.approx((said & truth).sum() / (said | truth).sum())


def test_masks_are_cut_as_their_images_are(tmp_path: Path) -> None:
    """A photo of twice the size, shrunk and cropped; the mask by its nearest pixels."""
    photos, place = tmp_path / "photos", tmp_path / "masks"
    photos.mkdir(), place.mkdir()
    rng = np.random.default_rng(2)
    pixels, mask = rng.integers(0, 256, (40, 36, 3)), rng.integers(0, 3, (40, 36))
    Image.fromarray(pixels.astype(np.uint8)).save(photos / "a.png")
    Image.fromarray(mask.astype(np.uint8)).save(place / "a.png")
    recipe = Preprocess(*SHAPE[1:], resize=18)
    module = headed.UNet()
    net = Network.trace(made(module), SHAPE, preprocess=recipe)
    found = judged(net, open_source(photos), truth=place)
    small = np.array(Image.fromarray(mask.astype(np.uint8)).resize((18, 20), Image.Resampling.NEAREST))[2:18]
    x = recipe.normalise(
        torch.from_numpy(recipe.crop(pixels.astype(np.uint8))).permute(2, 0, 1)[None], dtype=torch.float64
    )
    with torch.no_grad():
        said = module(x)["out"][0].argmax(0).numpy()
    assert found["pixel accuracy"].value == pytest.approx((said == small).mean())


def test_masks_that_are_none_are_named(folder: Path, source: Source, tmp_path: Path) -> None:
    net = network(headed.UNet())
    masks(folder, source, tmp_path, 3)
    first, second = ((tmp_path / source.name(i)).with_suffix(".png") for i in (0, 1))
    Image.new("RGB", SHAPE[:0:-1]).save(first)
    Image.new("L", (5, 5)).save(second)
    found = judged(net, source, truth=tmp_path)
    assert "has colours" in found.failures[0].reason
    assert "a mask of 5x5 pixels for an image of 16x18" in found.failures[1].reason
    Image.fromarray(np.full(SHAPE[1:], 7, np.uint8)).save(first)
    with pytest.raises(UsageError, match="has class 7, and the network 3: number classes from 0"):
        judged(net, source, truth=tmp_path)


def test_a_detector_by_its_best_anchor(source: Source) -> None:
    module = headed.Detector(2)
    found = judged(network(module, classes=["yes", "no"]), source)
    with torch.no_grad():
        best = module(inputs(source))[0][:, 4:].amax(2)
    truth = [source.classes[source.label(i)] == "yes" for i in range(COUNT)]
    assert found["yes"].value == pytest.approx(precision(best[:, 0].tolist(), truth), abs=1e-12)


def test_a_sequence_by_the_mean_of_its_steps(source: Source) -> None:
    module = headed.Steps()
    found = evaluate(network(module), source, match="index")
    assert isinstance(found, ClassAccuracy)
    with torch.no_grad():
        best = module(inputs(source)).softmax(2).mean(1).argmax(1).tolist()
    assert found.top1 == sum(b == source.label(i) for i, b in enumerate(best)) / COUNT


def test_softmaxes_in_networks_are_not_done_again(source: Source) -> None:
    """Three networks, one sure of "no" and two that lean to "yes": softmaxed again, the two would outvote the one."""
    nets = []
    for share in (0.9999, 0.25, 0.255):
        module = made(headed.Ending("softmax", 2))
        with torch.no_grad():
            module.head.weight.zero_()  # type: ignore[union-attr, operator]
            module.head.bias.copy_(torch.tensor([share, 1 - share]).log())  # type: ignore[union-attr, operator]
        nets.append(Network.trace(module, SHAPE, name="net", preprocess=RECIPE))
    said = torch.tensor([[0.9999, 0.0001], [0.25, 0.75], [0.255, 0.745]])
    assert (said.mean(0).argmax(), said.softmax(1).mean(0).argmax()) == (0, 1)
    found = evaluate(nets, source, match="index")
    assert isinstance(found, ClassAccuracy)
    assert found.confusion.tolist() == [[COUNT / 2, 0], [COUNT / 2, 0]]
    assert found.top1_interval == wilson(COUNT // 2, COUNT)
    assert found.to_json()["top1_interval"] == list(found.top1_interval)


def test_ensembles_of_one_logit_average_probabilities(source: Source) -> None:
    modules = [headed.OneLogit(), headed.OneLogit()]
    nets = [network(modules[0])]
    made(modules[1], seed=4)
    nets.append(Network.trace(modules[1], SHAPE, name="other", preprocess=RECIPE))
    found = judged(nets, source)
    with torch.no_grad():
        scores = (sum(m(inputs(source)).sigmoid() for m in modules) / 2)[:, 0].tolist()  # type: ignore[index]
    truth = [bool(source.label(i)) for i in range(COUNT)]
    assert found["AUROC"].value == pytest.approx(area(scores, truth), abs=1e-12)
    with pytest.raises(UsageError, match="different classes"):
        evaluate([nets[0], network(headed.Trunk(2))], source)


def test_what_cannot_be_judged_says_what_is_missing(source: Source, tmp_path: Path) -> None:
    for net, options, message in (
        (network(headed.Trunk(2), scores="none"), {}, "give their true values as truth=, a CSV file"),
        (network(headed.UNet()), {}, "give a folder of masks as truth="),
        (network(headed.UNet(), scores="none"), {}, "give their true values as truth=, a folder with a file"),
        (network(headed.Steps(), scores="none"), {}, "values of a sequence cannot be judged: look at"),
        (network(headed.Trunk(2)), {"truth": [[1, 0]]}, "the collection itself says the images' classes"),
        (network(headed.OneLogit()), {"truth": tmp_path}, "is a folder: masks are for outputs that are maps"),
        (network(headed.OneLogit()), {"truth": {"nobody": 1}}, "names none of the images: it has 'nobody'"),
        (network(headed.OneLogit()), {"truth": [0.5] * COUNT}, "are 0 and 1; scores='none' judges values"),
        (
            network(headed.Ending("sigmoid", 3)),
            {"truth": [[1, 0]] * COUNT},
            "has 2 numbers an image, and the network 3",
        ),
    ):
        with pytest.raises((UsageError, ShapeError), match=message):
            evaluate(net, source, **options)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="no folder of masks"):
        evaluate(network(headed.UNet()), source, truth=tmp_path)
    with pytest.raises(SourceError, match="no folder of numbers"):
        evaluate(network(headed.UNet(), scores="none"), source, truth=tmp_path)
    table = tmp_path / "t.csv"
    for text, message in (("image,age\n", "a first line of names"), ("image,age\na.png,old\n", "are no numbers")):
        table.write_text(text)
        with pytest.raises(SourceError, match=message):
            evaluate(network(headed.Trunk(1), scores="none"), source, truth=table)


def test_intervals_are_of_images_drawn_with_replacement() -> None:
    values = np.arange(50.0)
    value, low, high = drawn(50, lambda weights: weights @ values / weights.sum(1))
    assert value == 24.5
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(50), rel=0.1)
    nothing = measure("nothing", 5, lambda weights: np.full(len(weights), np.nan))
    assert nothing.to_json() == {"name": "nothing", "value": None, "low": None, "high": None}


def test_measures_are_scikit_learns_also_of_weighted_images() -> None:
    from sklearn import metrics

    rng = np.random.default_rng(0)
    scores, truth = rng.integers(0, 12, 60) / 12, rng.random(60) < 0.4  # with ties
    weights = rng.integers(0, 4, (5, 60)).astype(float)
    for mine, theirs in (
        (ours(scores, truth), metrics.roc_auc_score),
        (weighted_precision(scores, truth), metrics.average_precision_score),
    ):
        expected = [theirs(truth, scores, sample_weight=one) for one in weights]
        np.testing.assert_allclose(mine(weights), expected, atol=1e-12)
    found, true = rng.normal(size=(2, 30, 3))
    (error, explained), _ = of_values(found, true, ["a", "b", "c"])
    assert error.value == pytest.approx(metrics.mean_absolute_error(true, found), abs=1e-12)
    assert explained.value == pytest.approx(metrics.r2_score(true, found), abs=1e-12)


def test_what_all_images_have_alike_cannot_be_told() -> None:
    same = np.ones(6, bool)
    assert np.isnan(ours(np.arange(6.0), same)(np.ones((1, 6)))).all()
    assert np.isnan(weighted_precision(np.arange(6.0), ~same)(np.ones((1, 6)))).all()
    (_, explained), _ = of_values(np.zeros((4, 1)), np.ones((4, 1)), ["a"])
    assert np.isnan(explained.value)
    assert wilson(0, 0) == pytest.approx((np.nan, np.nan), nan_ok=True)


def test_overlap_is_scikit_learns() -> None:
    from sklearn.metrics import jaccard_score

    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 3, (2, 6, 40))
    shared = np.stack([((truth == c) & (said == c)).sum(1) for c in range(3)], 1)
    either = np.stack([((truth == c) | (said == c)).sum(1) for c in range(3)], 1)
    (mean,), each = of_overlap(shared, either, ["a", "b", "c"])
    expected = jaccard_score(truth.flatten(), said.flatten(), average=None)
    assert [one.value for one in each] == pytest.approx(expected.tolist())
    assert mean.value == pytest.approx(expected.mean())


def test_which_class_of_the_images_is_the_one_is_said(source: Source) -> None:
    for names in (list(source.classes), list(source.classes)[::-1]):
        found = judged(network(headed.OneLogit(), classes=names), source)
        assert found.positive == names[1]
        assert f"images of '{names[1]}' are those of the class" in found.summary
        assert found.to_json()["positive"] == names[1]
