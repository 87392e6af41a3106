"""What the verdict is worth: a tool that is right wins, one that is wrong on purpose and a random network do not."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from convscope.graph import Network
from convscope.methods.deconv import project
from convscope.methods.randomising import randomised
from convscope.methods.sanity import looking
from convscope.methods.sanity.cases import SanityCases, chosen_cases, drawn_units, responses
from convscope.methods.sanity.controls import control, likeness
from convscope.methods.sanity.covering import Areas, areas
from convscope.methods.sanity.layers import LayerSanity
from convscope.methods.sanity.looking import Cascade, CaseLooking, Projecting, Tool, cascade, look_at_cases
from convscope.methods.sanity.orders import CONTROLS, contrast
from tests.methods.sanity.planted import IMAGES, OPTIONS, SIDE, Permuted, photos, planted, untrained

NONE = Cascade((), np.zeros((2, 1, 0)))


def cases_of(net: Network, images: torch.Tensor, layer: str, each: int = 3) -> SanityCases:
    found = responses(net, images, [layer])[layer]
    return chosen_cases(found, drawn_units(found, 6, np.random.default_rng(0)), each)


def judged(net: Network, images: torch.Tensor, layer: str, tool: Tool | None = None, *, each: int = 3) -> LayerSanity:
    cases = cases_of(net, images, layer, each)
    found = look_at_cases(net, images, layer, cases, side=SIDE, how=CaseLooking(OPTIONS, tool))
    return LayerSanity.of(layer, "deconvnet", cases, found, NONE, confidence=0.95, seed=0)


def test_cases_are_the_strongest_and_the_middle_of_every_unit() -> None:
    net, images = planted(), photos(16)
    found = responses(net, images, ["1"])["1"]
    maps = net.run(images, ["1"])["1"]
    cases = chosen_cases(found, np.array([1, 4]), 3)
    for unit in (1, 4):
        strongest = maps[:, unit].flatten(1).max(1).values
        order = strongest.argsort(descending=True, stable=True).tolist()
        mine = cases.at(np.flatnonzero(cases.unit == unit))
        assert mine.image[mine.strong].tolist() == order[:3]
        middle = [order.index(int(image)) for image in mine.image[~mine.strong]]
        positive = int((strongest > 0).sum())
        assert middle == list(range(3 + (positive - 6) // 2, 3 + (positive - 6) // 2 + 3))
        for n in range(len(mine)):
            y, x = mine.position[n]
            assert float(maps[mine.image[n], unit, y, x]) == pytest.approx(mine.value[n], rel=1e-6)
            assert mine.scale[n] == pytest.approx(float(strongest.max()), rel=1e-6)


def test_a_tool_that_is_right_about_units_wins_and_the_same_tool_permuted_loses() -> None:
    net, images = planted(), photos(16)
    right, wrong = judged(net, images, "1"), judged(net, images, "1", Permuted(OPTIONS))
    assert right.verdict(right.p_every(), right.p_chance()) == "what"
    assert right.deletion.low.min() > 0
    assert right.insertion.low.min() > 0
    assert {right.under(fill) for fill in ("mean", "blur", "other")} == {"what"}
    assert wrong.verdict(wrong.p_every(), wrong.p_chance()) == "neither"
    # Of the one tile that matters the picture knows, the first eighth of 25 tiles covers it.
    assert right.areas()[:, 0].max() < 0.35
    assert right.looked.other.max() < 0.1


def test_a_random_network_does_not_pass() -> None:
    net = untrained(0)
    found = judged(net, photos(20), net.layers.names[-1], each=2)
    assert found.verdict(found.p_every(), found.p_chance()) != "what"


def test_likeness_is_to_a_random_signal_another_unit_and_another_image() -> None:
    net, images = untrained(0), photos(20)
    layer = net.layers.names[-1]
    found = responses(net, images, [layer])[layer]
    cases = chosen_cases(found, drawn_units(found, 2, np.random.default_rng(0)), 2)
    told = look_at_cases(net, images, layer, cases, side=SIDE, how=CaseLooking(OPTIONS))
    pair = np.unique(cases.unit)

    def whole(image: int, unit: int, at: np.ndarray) -> torch.Tensor:
        return (
            project(net, images[image : image + 1], layer, image=[0], channel=[unit], position=at[None])
            .full()
            .flatten()
        )

    def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(a @ b / a.norm() / b.norm())

    for n in range(len(cases)):
        mine = whole(int(cases.image[n]), int(cases.unit[n]), cases.position[n])
        random = control(
            net, images[cases.image[n : n + 1]], layer, cases.position[n : n + 1], OPTIONS
        ).pixels.flatten()
        assert told.signal[n] == pytest.approx(cosine(mine, random), abs=1e-5)
        (rest,) = pair[pair != cases.unit[n]]
        one = Projecting(OPTIONS)(
            net, images, layer, cases.image[n : n + 1], np.array([rest]), cases.position[n : n + 1]
        )[0].flatten()
        own = Projecting(OPTIONS)(
            net, images, layer, cases.image[n : n + 1], cases.unit[n : n + 1], cases.position[n : n + 1]
        )[0].flatten()
        if float(one.norm()):
            assert told.other[n] == pytest.approx(cosine(own, one), abs=1e-5)
    pictures = Projecting(OPTIONS)(net, images, layer, cases.image, cases.unit, cases.position)[0].flatten(1)
    for unit in pair:
        rows = np.flatnonzero(cases.unit == unit)
        for n, following in zip(rows, np.roll(rows, -1), strict=True):
            assert told.elsewhere[n] == pytest.approx(cosine(pictures[n], pictures[following]), abs=1e-5)


def test_contrast_that_counts_is_that_near_the_centre_of_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    net, images, seen = planted(), photos(16), list[Any]()

    def covered(*asked: Any) -> Areas:
        seen.append(asked[3])
        return areas(*asked)

    monkeypatch.setattr(looking, "areas", covered)
    cases = cases_of(net, images, "1", 1)
    look_at_cases(net, images, "1", cases, side=SIDE, how=CaseLooking(OPTIONS, workers=1))
    away = np.exp(-0.5 * ((np.arange(10) + 0.5 - 5) / 2.5) ** 2)
    for ranks, image, (y, x) in zip(seen, cases.image, SIDE * cases.position, strict=True):
        local = contrast(images[image : image + 1])[0, y : y + 10, x : x + 10].numpy() * away[:, None] * away
        tiles = local.reshape(5, SIDE, 5, SIDE).sum((1, 3)).ravel()
        when = ranks[-2][ranks[-2] >= 0].reshape(10, 10)[::SIDE, ::SIDE].ravel()  # the one before chance
        assert (np.diff(tiles[np.argsort(when)]) < 0).all()


def test_cascades_end_where_all_weights_are_others() -> None:
    net, images = untrained(1), photos(20)
    layer = net.layers.names[-1]
    cases = cases_of(net, images, layer, 2)
    cases = cases.at(np.arange(12))  # as many as are projected, so that all of them are
    found = cascade(net, images, layer, cases, how=CaseLooking(OPTIONS), seeds=1)
    top = [at for at, stage in enumerate(found.stages) if stage.direction == "top"]
    bottom = [at for at, stage in enumerate(found.stages) if stage.direction == "bottom"]
    assert [found.stages[at].count for at in top] == [1, 2, 3, 4]
    # All weights are all weights, from wherever one begins; half of them leave more than none.
    np.testing.assert_array_equal(found.median[:, :, top[-1]], found.median[:, :, bottom[-1]])
    assert (found.median[:, :, top[0]] > found.median[:, :, top[-1]]).all()
    asked = (images, layer, cases.image, cases.unit, cases.position)
    before = Projecting(OPTIONS)(net, *asked)[0]
    for kind, how in enumerate(("permuted", "drawn")):
        other = randomised(net, layer, found.stages[top[1]], how, images=images, seed=0)
        like = likeness(before, Projecting(OPTIONS)(other, *asked)[0])
        assert found.median[kind, 0, top[1]] == pytest.approx(np.nanmedian(like), abs=1e-6)
    assert len(CONTROLS) == 6
    assert len(images) == IMAGES


def test_however_many_threads_look_they_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net, images, threads = planted(), photos(16), set[int]()
    cases = cases_of(net, images, "1", 2)

    def covered(*asked: Any) -> Areas:
        threads.add(threading.get_ident())
        return areas(*asked)

    monkeypatch.setattr(looking, "areas", covered)
    alone, three = (
        vars(look_at_cases(net, images, "1", cases, side=SIDE, how=CaseLooking(OPTIONS, workers=count)))
        for count in (1, 3)
    )
    assert threading.get_ident() in threads
    assert len(threads) > 1
    for name, found in alone.items():
        assert np.array_equal(found, three[name], equal_nan=True), name
    fallen = [
        cascade(net, images, "1", cases, how=CaseLooking(OPTIONS, workers=count), seeds=1).median for count in (1, 3)
    ]
    assert np.array_equal(*fallen, equal_nan=True)
