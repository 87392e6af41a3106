"""Networks trained from random weights on a fold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import convscope as cs
from convscope.data import Preprocess
from convscope.errors import StoreError, UsageError
from convscope.generalisation import Learning, draw_folds, open_target, scratch
from convscope.generalisation.scratch import SCRATCH, fit, from_scratch, random_module, scratch_recipe
from convscope.training.feeding import Feed
from convscope.training.pictures import InMemory
from tests.generalisation import layouts

COUNTS = {"BACKGROUND_Google": 12, "accordion": 12, "yin_yang": 12}
PLAIN = Preprocess(8, 8)
QUICK = scratch_recipe({"epochs": 12, "batch": 6, "learning_rate": 3e-3})


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> cs.generalisation.TargetSet:
    return open_target(f"caltech101:{layouts.caltech101(tmp_path_factory.mktemp('caltech'), COUNTS)}")


def test_network_from_scratch_learns_colours(target: cs.generalisation.TargetSet) -> None:
    (score,) = from_scratch("zoo:tiny", target, draw_folds(target, per_class=(6,), folds=1), recipe=QUICK)
    assert (score.weights, score.layer, score.train, score.test) == ("scratch", "", 18, 18)
    assert score.value > 0.6


def test_classes_are_numbered_as_the_target_numbers_them(tmp_path: Path) -> None:
    without = open_target(f"caltech101:{layouts.caltech101(tmp_path, COUNTS)}", background="out")
    (score,) = from_scratch("zoo:tiny", without, draw_folds(without, per_class=(6,), folds=1), recipe=QUICK)
    assert (len(score.by_class), score.train) == (2, 12)
    assert score.value > 0.7


def test_network_that_ends_in_a_relu_learns_too(target: cs.generalisation.TargetSet) -> None:
    folds = draw_folds(target, per_class=(6,), folds=1)
    how = scratch_recipe({"epochs": 25, "batch": 6})
    (score,) = from_scratch("zoo:squeezenet1_1", target, folds, recipe=how, size=36)
    assert score.value > 0.6


def test_no_class_of_a_network_that_ends_in_a_relu_begins_dead() -> None:
    module, preprocess = random_module("zoo:squeezenet1_1", 7, 64)
    images = preprocess.normalise(torch.randint(0, 256, (8, 3, 64, 64), dtype=torch.uint8))
    with torch.no_grad():
        scores = module.eval()(images)
    assert scores.shape == (8, 7)
    assert float(scores.min()) > 5
    assert float(scores.std()) < 2
    other, _ = random_module("zoo:squeezenet1_1", 7, 64, recipe=replace(SCRATCH, seed=1))
    assert not torch.equal(next(module.parameters()), next(other.parameters()))


def test_training_is_the_recipes_crops_schedule_and_decay_written_out() -> None:
    random = np.random.default_rng(0)
    pictures = InMemory(random.integers(0, 256, (12, 37, 37, 3), dtype=np.uint8), np.arange(12) % 3)
    how = scratch_recipe({"epochs": 2, "batch": 6, "warmup": 1.0, "learning_rate": 0.01})
    module, preprocess = random_module("zoo:tiny", 3, None, recipe=how)
    fit(module, pictures, preprocess, how)

    slow, _ = random_module("zoo:tiny", 3, None, recipe=how)
    slow.train().to(memory_format=torch.channels_last)  # pyright: ignore
    moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in slow.named_parameters()}
    number = 0
    for epoch, cosine in ((1, 1.0), (2, 0.5)):
        for step, (images, labels) in enumerate(Feed(pictures, how, 32, preprocess.mean_colour).epoch(epoch)):
            rate, number = 0.01 * cosine * min(1.0, epoch - 1 + step / 2), number + 1
            slow.zero_grad()
            F.cross_entropy(slow(preprocess.normalise(images)), labels).backward()
            norm = torch.stack([p.grad.norm() for p in slow.parameters() if p.grad is not None]).norm()
            for name, parameter in slow.named_parameters():
                gradient = parameter.grad * min(1.0, 5.0 / (float(norm) + 1e-6))
                first, second = moments[name]
                first.mul_(0.9).add_(0.1 * gradient)
                second.mul_(0.999).add_(0.001 * gradient**2)
                decay = 0.05 if parameter.ndim > 1 else 0.0
                step_by = (first / (1 - 0.9**number)) / ((second / (1 - 0.999**number)).sqrt() + 1e-8)
                parameter.data = parameter.data * (1 - rate * decay) - rate * step_by
    for fast, literal in zip(module.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(fast, literal, rtol=1e-3, atol=1e-5)


def test_scores_are_kept_and_not_trained_for_again(
    target: cs.generalisation.TargetSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds, made, trained = draw_folds(target, per_class=(3,), folds=2), list[str](), scratch.fit
    monkeypatch.setattr(scratch, "fit", lambda *a, **k: made.append(k["stage"]) or trained(*a, **k))
    short = replace(QUICK, epochs=1)
    first = from_scratch("zoo:tiny", target, folds[:1], recipe=short, store=tmp_path)
    both = from_scratch("zoo:tiny", target, folds, recipe=short, store=tmp_path)
    assert both[0].by_class == first[0].by_class
    assert made == ["from scratch, 3 per class, fold 0", "from scratch, 3 per class, fold 1"]
    from_scratch("zoo:tiny", target, folds[:1], recipe=replace(short, batch=3), store=tmp_path)
    assert len(made) == 3


class Small(nn.Sequential):
    """Two classes from so many channels, by their brightness."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))


def one_channel() -> nn.Module:
    return Small(1)


def five_channels() -> nn.Module:
    return Small(5)


@pytest.mark.parametrize(("name", "channels"), [("one_channel", 1), ("five_channels", 5)])
def test_images_of_any_channels_are_transferred_and_learned_from_scratch(
    name: str, channels: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    scenes = [(rng.integers(900 * (n > 3), 1000 + 900 * (n > 3), (8, 8, channels), np.uint16), n > 3) for n in range(9)]
    images, spec = cs.data.wrap_dataset(scenes), f"py:{__name__}:{name}"

    def loading(spec: str, **how: object) -> cs.Network:
        return cs.load(spec, input_size=8, preprocess="unit", range=(0, 2000), **how)  # type: ignore[arg-type]

    def asked(**changes: object) -> cs.Transfer:
        return cs.transfer(
            spec, images, loading=loading, layers=["4"], per_class=[2], folds=1, compare=["scratch"], store=tmp_path,
            learning=Learning(grid=(1.0,)), scratch_changes={"epochs": 2, "batch": 4}, **changes
        )  # type: ignore[arg-type]  # fmt: skip

    found = asked(limit=8)
    assert [(row["weights"], row["mean"]) for row in found.rows()[:2]] == [("own", 1.0)] * 2
    assert [row["weights"] for row in found.rows()[2:]] == ["scratch"]  # so small a one need not learn
    assert {(one.train, one.test) for one in found.found.scores} == {(4, 4)}
    with pytest.raises(StoreError, match="other folds; other images"):
        asked()


def test_a_network_of_the_zoo_learns_from_as_many_channels_as_the_one_that_is_looked_at(tmp_path: Path) -> None:
    recipe = Preprocess(8, 8, mean=(0.5,) * 5, std=(0.5,) * 5, range=(0, 2000))
    module, images = random_module("zoo:tiny", 3, 16, images=recipe)
    assert next(module.parameters()).shape[1] == 5
    assert images == replace(recipe, height=16, width=16)
    assert random_module("zoo:tiny", 3, 16, images=replace(PLAIN, range="file"))[1].range == "file"


def test_outputs_that_are_too_few_are_counted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"one_channel has 2 outputs, and there are 3 classes to learn"):
        random_module(f"py:{__name__}:one_channel", 3, 8, images=Preprocess(8, 8, mean=(0.5,), std=(0.5,)))


def test_a_limit_is_of_images_and_not_of_published_sets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="whole published sets: leave limit out"):
        open_target(f"voc2012:{tmp_path}", limit=3)
    images = cs.data.wrap_dataset([(np.full((8, 8, 3), n, np.uint8), n // 4) for n in range(8)])
    assert len(open_target(images, limit=4)) == 4
    with pytest.raises(UsageError, match="limit=3: give it to open_target"):
        cs.transfer("zoo:tiny", open_target(images), limit=3)


def test_what_cannot_be_trained_is_said(target: cs.generalisation.TargetSet) -> None:
    folds = draw_folds(target, per_class=(3,), folds=1)
    with pytest.raises(UsageError, match="no validation images: choose the schedule 'cosine'"):
        from_scratch("zoo:tiny", target, folds, recipe=replace(SCRATCH, schedule="plateau"))
    with pytest.raises(UsageError, match="trained network"):
        random_module("pt2:x.pt2", 7, None)
    with pytest.raises(UsageError, match="no 'epoch'; did you mean 'epochs'"):
        scratch_recipe({"epoch": 3})
