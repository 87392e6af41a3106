"""Effects over a collection against the silenced networks run one by one, and what a planted network needs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.data import Preprocess, Source, open_source
from convscope.errors import UsageError
from convscope.graph import Network, Unit
from convscope.methods.corrections import benjamini_yekutieli
from convscope.methods.effects import LayerEffects, Measuring, Progressed, Silencing
from convscope.methods.effects.tally import Leaf, Tally
from convscope.methods.student import two_sided
from tests.graph import nets
from tests.graph.test_directions import coded, dictionary

SIDE, COUNT = 10, 14


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Conv2d(6, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


@cache
def setting() -> tuple[Any, Network, Source, Tensor]:
    torch.manual_seed(0)
    module = nets.settled(Small())
    random = np.random.default_rng(0)
    pixels = [random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(COUNT)]
    net = Network.trace(module, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))
    inputs = net.preprocess.normalise(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2), dtype=torch.float64)
    return module, net, open_source(pixels), inputs


def found(layer: str = "body.1", **asked: Any) -> LayerEffects:
    _, net, source, _ = setting()
    return Measuring(net, source, Silencing(layer, batch=4, **asked), workers=1).run()[0]


def literal(to: str, unit: Unit | tuple[Unit, ...], donors: dict[int, int] | None = None) -> Tensor:
    """The outputs (n, k) where units of the first ReLU are set to something else, by hand."""
    module, _, _, inputs = setting()
    with torch.no_grad():
        maps = module.body[:2](inputs)
        changed = maps.clone()
        for one in (unit,) if isinstance(unit, Unit) else unit:
            where = (one.channel, *(one.position or (slice(None), slice(None))))
            for n in range(COUNT):
                if to == "another":
                    changed[(n, *where)] = maps[(donors[n], *where)]  # type: ignore[index]
                else:
                    changed[(n, *where)] = 0 if to == "zero" else maps[:, one.channel].mean()
        return module.head(module.body[2](changed))


@pytest.mark.parametrize("to", ["zero", "mean"])
@pytest.mark.parametrize("measure", ["logit", "probability"])
def test_means_errors_and_answers_are_those_of_the_silenced_networks(to: Any, measure: Any) -> None:
    module, _, _, inputs = setting()
    truths = np.arange(COUNT) % 4
    effects = found(to=to, measure=measure, truths=truths)
    with torch.no_grad():
        before = module(inputs)
    shown = (lambda y: y) if measure == "logit" else (lambda y: y.softmax(1))
    for channel in range(6):
        after = literal(to, Unit("body.1", channel))
        change = (shown(after) - shown(before)).numpy()
        np.testing.assert_allclose(effects.change[channel], change.mean(0), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(effects.error[channel], change.std(0, ddof=1) / COUNT**0.5, rtol=1e-7, atol=1e-12)
        for k in range(4):
            mine = truths == k
            assert effects.own[channel, k] == pytest.approx(change[mine, k].mean(), rel=1e-9, abs=1e-13)
            was, now = (y.argmax(1).numpy()[mine] == k for y in (before, after))
            assert effects.lost[channel, k] == (was & ~now).sum()
            assert effects.gained[channel, k] == (~was & now).sum()
    assert effects.shown.tolist() == [4, 4, 3, 3]
    assert effects.right.sum() == (before.argmax(1).numpy() == truths).sum()
    assert effects.interval().shape == (6, 4, 2)


def test_a_single_score_is_that_of_class_1_and_of_its_images() -> None:
    torch.manual_seed(0)
    module = nets.settled(nn.Sequential(Small(), nn.Linear(4, 1)))
    _, _, source, inputs = setting()
    net = Network.trace(module, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))
    truths = np.arange(COUNT) % 3 % 2  # 0, 1, 0, 0, 1, ...
    effects = Measuring(net, source, Silencing("0.body.1", batch=4, truths=truths), workers=1).run()[0]
    with torch.no_grad():
        maps = module[0].body[:2](inputs)
        maps[:, 2] = 0
        change = (module[1](module[0].head(module[0].body[2](maps))) - module(inputs))[:, 0].numpy()
    np.testing.assert_allclose(effects.change[2], [change.mean()], rtol=1e-9)
    np.testing.assert_allclose(effects.own[2], [change[truths == 1].mean()], rtol=1e-9)
    answered = Measuring(net, source, Silencing("0.body.1", batch=4), workers=1).run()[0]
    assert np.isfinite(answered.change).all()


def test_units_positions_and_groups_are_silenced_as_asked() -> None:
    module, _, _, inputs = setting()
    units = Unit("body.1", 2, (3, 4)), (Unit("body.1", 0), Unit("body.1", 5)), Unit("body.1", 1)
    asked = tuple(one if isinstance(one, tuple) else (one,) for one in units)
    effects = found(silenced=asked)
    assert effects.silenced == ("body.1:2@3,4", "body.1:0 + body.1:5", "body.1:1")
    with torch.no_grad():
        before = module(inputs)
    for row, one in enumerate(units):
        expected = (literal("zero", one) - before).mean(0)
        np.testing.assert_allclose(effects.change[row], expected.numpy(), rtol=1e-9, atol=1e-13)
    assert np.isnan(effects.control[:2]).all()
    assert not np.isnan(effects.control[2]).any()
    assert np.isnan(effects.squares[1])
    assert {pair.unit for pair in effects.tested} <= {"body.1:1"}


def test_the_value_of_another_image_is_that_of_the_next_in_a_draw() -> None:
    module, _, _, inputs = setting()
    order = np.random.default_rng(3).permutation(COUNT)
    donors = dict(zip(order.tolist(), np.roll(order, -1).tolist(), strict=True))
    effects = found(to="another", seed=3)
    with torch.no_grad():
        expected = literal("another", Unit("body.1", 4), donors) - module(inputs)
    np.testing.assert_allclose(effects.change[4], expected.mean(0).numpy(), rtol=1e-9, atol=1e-13)


def test_controls_are_the_units_nearest_in_mean_square() -> None:
    module, _, _, inputs = setting()
    effects = found()
    with torch.no_grad():
        squares = module.body[:2](inputs).square().mean((0, 2, 3)).numpy()
    np.testing.assert_allclose(effects.squares, squares, rtol=1e-6)
    for unit in range(6):
        nearest = sorted((other for other in range(6) if other != unit), key=lambda o: abs(squares[o] - squares[unit]))
        assert effects.controls[unit].tolist() == nearest
        np.testing.assert_allclose(effects.control[unit], effects.change[nearest].mean(0), rtol=1e-12)


def test_pairs_are_chosen_on_one_half_and_tested_on_the_other() -> None:
    module, _, _, inputs = setting()
    effects = found(seed=5)
    first, second = np.split(np.random.default_rng(5).permutation(COUNT), 2)
    with torch.no_grad():
        before = module(inputs)
    changes = np.stack([(literal("zero", Unit("body.1", c)) - before).numpy() for c in range(6)])
    excess = changes - np.stack([changes[effects.controls[c]].mean(0) for c in range(6)])
    assert len(effects.tested) == 24
    sizes = [abs(pair.chosen_excess) for pair in effects.tested]
    assert sizes == sorted(sizes, reverse=True)
    for pair in effects.tested:
        mine = excess[Unit.parse(pair.unit).channel, :, pair.number]
        assert pair.chosen_excess == pytest.approx(mine[first].mean(), rel=1e-9, abs=1e-13)
        assert pair.excess == pytest.approx(mine[second].mean(), rel=1e-9, abs=1e-13)
        assert pair.error == pytest.approx(mine[second].std(ddof=1) / 7**0.5, rel=1e-6, abs=1e-12)
        assert pair.p == pytest.approx(two_sided(pair.excess / pair.error, 6), rel=1e-9)
    adjusted = benjamini_yekutieli(np.array([pair.p for pair in effects.tested]))
    np.testing.assert_allclose([pair.adjusted for pair in effects.tested], adjusted)


def test_what_is_no_number_differs_from_nothing() -> None:
    """As of a network whose weights are NaN."""
    tally = Tally(torch.tensor([[1], [2], [0]]), (3, 2))
    for half in (0, 1):
        tally.open(half)
        for number in range(3 * half, 3 * half + 3):
            change = torch.tensor([[1.0, 2.0], [float("nan"), 0.5], [0.25 * number, float("nan")]])
            tally.add(change, number % 2, 0, torch.zeros(3, dtype=torch.int64))
        tally.close(Leaf(half, 0, 3))
        if not half:
            tally.choose()
    tested = tally.effects("a", ["a:0", "a:1", "a:2"], torch.zeros(3), "zero", "logit").tested
    numbers = [pair for pair in tested if not np.isnan(pair.excess)]
    assert len(numbers) == 2
    assert all(np.isnan([pair.p, pair.adjusted]).all() for pair in tested if pair not in numbers)
    assert not np.isnan([pair.adjusted for pair in numbers]).any()


def test_work_that_was_stopped_goes_on_to_the_same_numbers() -> None:
    _, net, source, _ = setting()
    question = Silencing("body.1", batch=4)
    whole = Measuring(net, source, question, workers=1).run()[0]
    states: list[tuple[Any, Any]] = []

    def keep(state: Progressed) -> None:
        arrays, said = state.arrays()
        states.append(({name: np.array(one) for name, one in arrays.items()}, dict(said)))

    Measuring(net, source, question, kept=keep, workers=1).run()
    assert len(states) == 8
    for arrays, said in states[1::2]:
        again = Measuring(net, source, question, Progressed.of(arrays, said), workers=1).run()[0]
        for name, one in vars(whole).items():
            np.testing.assert_equal(getattr(again, name), one)


def test_a_class_that_needs_one_unit_has_it_as_its_first_effect() -> None:
    torch.manual_seed(0)
    module = nets.settled(Small())
    weight = module.head[0].weight.data  # type: ignore[union-attr]
    weight.mul_(0.01)
    weight[2] = 0
    weight[2, 3] = 5.0
    module.body[0].bias.data += 0.3  # type: ignore[operator, union-attr]
    _, _, source, _ = setting()
    net = Network.trace(module, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))
    effects = Measuring(net, source, Silencing("body.1", batch=8), workers=1).run()[0]
    (unit, change), *rest = effects.needs(2)
    assert (unit, rest) == (3, [])
    assert effects.needed_by(3)[0] == (2, change)
    assert effects.tested[0].unit == "body.1:3"
    assert effects.tested[0].number == 2
    assert effects.tested[0].adjusted < 0.001


def test_questions_that_make_no_sense_are_refused() -> None:
    questions: tuple[tuple[dict[str, Any], str], ...] = (
        ({"to": "nothing"}, "to='nothing' is not a choice"),
        ({"silenced": ((Unit("head.0", 0),),)}, "units of layer 'body.1' are silenced: head.0:0 is none"),
        ({"silenced": ((Unit("body.1", 0, minus=1),),)}, "single units are silenced"),
        ({"silenced": ((Unit("body.1", 0),), (Unit("body.1", 0),))}, "named twice"),
    )
    for asked, message in questions:
        with pytest.raises(UsageError, match=message):
            found(**asked)


@pytest.mark.parametrize("to", ["zero", "mean"])
def test_silencing_a_direction_takes_its_part_out_of_its_layer_and_leaves_the_rest(to: Any) -> None:
    module, plain, source, inputs = setting()
    made = dictionary("body.1", active=2)
    net = plain.with_directions(made)
    effects = Measuring(net, source, Silencing("body.1~d", to=to, batch=4), workers=1).run()[0]
    decoder = torch.from_numpy(made.decoder).double()
    with torch.no_grad():
        maps = module.body[:2](inputs)
        code, before = coded(made, maps), module(inputs)
        for direction in range(len(made)):
            level = 0 if to == "zero" else code[:, direction].mean()
            part = (level - code[:, direction])[:, None] * decoder[direction][:, None, None]
            change = (module.head(module.body[2](maps + part)) - before).numpy()
            np.testing.assert_allclose(effects.change[direction], change.mean(0), rtol=1e-9, atol=1e-12)
    assert (np.abs(effects.change).max(1) > 0).sum() > 3
    groups = ((Unit("body.1~d", 0), Unit("body.1~d", 3)),)
    both = Measuring(net, source, Silencing("body.1~d", groups, batch=4), workers=1).run()[0]
    with torch.no_grad():
        part = torch.einsum("ndhw,dc->nchw", code[:, [0, 3]], decoder[[0, 3]])
        change = (module.head(module.body[2](maps - part)) - before).numpy()
    np.testing.assert_allclose(both.change[0], change.mean(0), rtol=1e-9, atol=1e-12)
