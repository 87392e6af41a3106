"""A diagnosis as a whole: planted faults come out by name, and healthy networks have none."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Preprocess
from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Network
from convscope.methods.diagnosis.diagnosis import LayerDiagnosis
from convscope.methods.diagnosis.filters import filters_of
from convscope.methods.diagnosis.measured import DiagnosisLimits
from convscope.stores.diagnosis import diagnose

SIDE = 72


def gratings(count: int, size: int) -> torch.Tensor:
    """Filters (count, 3, size, size) of frequencies from 0.04 to 0.35, all directions, root mean square 0.05."""
    y, x = torch.meshgrid(*[torch.arange(size, dtype=torch.float32) - (size - 1) / 2] * 2, indexing="ij")
    found = []
    for i in range(count):
        frequency, angle = 0.04 * (0.35 / 0.04) ** (i / (count - 1)), 2.4 * i
        wave = torch.cos(2 * math.pi * frequency * (math.cos(angle) * y + math.sin(angle) * x) + 0.7 * i)
        wave = wave * torch.exp(-(y**2 + x**2) / (2 * (size / 3) ** 2))
        colour = torch.tensor([1.0, 0.9, 0.8]) if i % 2 else torch.tensor([1.0, -0.5, 0.4])
        found.append(wave * colour[:, None, None])
    weights = torch.stack(found)
    return weights * 0.05 / weights.flatten(1).square().mean(1).sqrt()[:, None, None, None]


def module(kernel: int, stride: int, *, count: int = 20) -> nn.Sequential:
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, count, kernel, stride=stride), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(count, 8, 3), nn.ReLU()
    )
    with torch.no_grad():
        made[0].weight.copy_(gratings(count, kernel))
        made[0].bias.zero_()
    return made


def network(made: nn.Module, name: str = "net") -> Network:
    return Network.trace(made, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE), name=name)


def pictures(count: int = 8) -> list[np.ndarray]:
    """Smooth noise, as photographs are."""
    found = []
    for seed in range(count):
        noise = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
        smooth = nn.functional.avg_pool2d(nn.functional.pad(noise, (3,) * 4, mode="reflect"), 7, stride=1)
        found.append((128 + 250 * smooth[0]).clamp(0, 255).permute(1, 2, 0).to(torch.uint8).numpy())
    return found


@pytest.fixture(scope="module")
def healthy() -> LayerDiagnosis:
    return diagnose(network(module(7, 2)), pictures())


@pytest.fixture(scope="module")
def coarse() -> LayerDiagnosis:
    return diagnose(network(module(11, 4), "coarse"), pictures())


def kinds(found: LayerDiagnosis) -> dict[str, str]:
    return {one.subject: one.kind for one in found.findings}


def test_a_healthy_first_layer_has_no_fault(healthy: LayerDiagnosis) -> None:
    assert "fault" not in kinds(healthy).values(), healthy.verdict
    assert "no fault found" in healthy.verdict
    assert healthy.verdict.startswith("net: 20 filters of 7x7, stride 2 (0); ")
    assert healthy.images == 8
    assert healthy.dead == ()
    assert healthy.active is not None
    assert healthy.active.min() > 0


def test_stride_4_leaves_blocks_where_stride_2_leaves_none(healthy: LayerDiagnosis, coarse: LayerDiagnosis) -> None:
    assert healthy.lines is not None
    assert coarse.lines is not None
    assert coarse.lines.frequencies.tolist() == [0.25, 0.5] * 2
    assert healthy.lines.frequencies.tolist() == [0.5] * 2
    assert coarse.lines.share > 3 * healthy.lines.share
    assert coarse.coverage.folded > 2 * healthy.coverage.folded
    assert kinds(coarse)["blocks"] == "fault"
    assert kinds(healthy)["blocks"] == "fine"
    assert "Blocks of 4 pixels" in coarse.verdict
    assert "11x11, stride 4" in coarse.verdict


def test_planted_faults_are_found_by_name() -> None:
    made = module(7, 2)
    with torch.no_grad():
        made[0].weight[3] = 0
        made[0].weight[4] = made[0].weight[6] * 0.7
        made[0].weight[9] *= 12
        made[0].bias[13] = -1000.0
    found = diagnose(network(made), pictures())
    assert found.weak == (3,)
    assert found.silent == (3, 13)  # a zero filter without bias excites nothing either
    assert found.dead == (3, 13)
    assert found.duplicates == ((4, 6),)
    assert found.redundant == 1
    assert found.dominating == (9,)
    assert found.ratio == pytest.approx(12, rel=1e-5)
    faults = {subject for subject, kind in kinds(found).items() if kind == "fault"}
    assert {"dead", "duplicates", "strength"} <= faults
    for said in (
        "2 of 20 filters are dead, over 8 images",
        "(3, 13)",
        "1 filter nearly repeats another (cosine 0.95): 4, 6",
        "Filter 9 dominates: RMS 0.6, 12 times",
    ):
        assert said in found.verdict, found.verdict


def test_renormalised_filters_are_told_from_those_that_are_not() -> None:
    raw, clipped = module(7, 2), module(7, 2)
    with torch.no_grad():
        for made in (raw, clipped):
            made[0].weight.mul_(torch.linspace(1, 6, 20)[:, None, None, None])
            made[0].weight[9] *= 12
        rms = clipped[0].weight.flatten(1).square().mean(1).sqrt()
        clipped[0].weight.mul_((0.1 / rms).clamp(max=1)[:, None, None, None])
    before, after = diagnose(network(raw)), diagnose(network(clipped))
    assert (before.clipping.count, after.clipping.count) == (1, int((rms > 0.1).sum()))
    assert after.clipping.limit == pytest.approx(0.1, rel=1e-5)
    assert kinds(before)["strength"] == "fault"
    assert kinds(after)["strength"] == "fine"
    assert "there is no trace of renormalisation" in before.verdict
    assert "share the largest RMS, 0.1: they were renormalised to it" in after.verdict


def test_missing_middle_frequencies_are_a_fault() -> None:
    made = module(11, 2)
    with torch.no_grad():
        bank = gratings(20, 11)
        made[0].weight[:10] = bank[:1]
        made[0].weight[10:] = bank[-1:]
    found = diagnose(network(made))
    assert kinds(found)["frequencies"] == "fault"
    assert found.coverage.counts == (10, 0, 10)
    assert "few middle frequencies" in found.verdict.lower()


def test_without_images_weights_alone_are_judged() -> None:
    found = diagnose(network(module(7, 2)))
    assert found.silent is None
    assert found.active is None
    assert found.projections is None
    assert found.lines is None
    assert found.images == 0
    assert "by their weights alone (no images were given)" in found.verdict
    assert found.row()["blocks dB"] is None


def test_projections_are_of_different_units_from_their_strongest_images(healthy: LayerDiagnosis) -> None:
    made = healthy.projections
    assert made is not None
    assert len({unit.channel for unit in made.units}) == len(made) <= 8
    net = network(module(7, 2))
    batch = net.preprocess.normalise(torch.from_numpy(np.stack(pictures())).permute(0, 3, 1, 2))
    out = net.run(batch, ["4"])["4"]
    for unit, image, value in zip(made.units, made.images.tolist(), made.values.tolist(), strict=True):
        assert value == pytest.approx(float(out[:, unit.channel].max()), rel=1e-4)
        assert image == int(out[:, unit.channel].amax((1, 2)).argmax())
    few = diagnose(net, pictures(), projections=3)
    assert few.projections is not None
    assert len(few.projections) == 3


def test_layers_can_be_named() -> None:
    net = network(module(7, 2))
    found = diagnose(net, pictures(3), first="3", second="1")
    assert found.filters.layer == "3"
    assert np.array_equal(found.filters.weights, filters_of(net, "3").weights)
    assert found.second == "1"
    with pytest.raises(UnknownLayer, match="layer '9' is not in net"):
        diagnose(net, first="9")
    with pytest.raises(UsageError, match="no convolution"):
        diagnose(net, first="1")


def test_the_pattern_of_stride_2_is_a_grid_and_no_fault(healthy: LayerDiagnosis) -> None:
    found = diagnose(network(module(7, 2)), pictures(), limits=DiagnosisLimits(decibels=-20, lines=0))
    assert kinds(found)["blocks"] == "note"
    assert "A grid of 2 pixels" in found.verdict
    assert "No blocks of 2 pixels" in healthy.verdict


def test_limits_decide_what_is_a_fault(healthy: LayerDiagnosis) -> None:
    strict = diagnose(network(module(7, 2)), limits=DiagnosisLimits(middle=0.9, dominating=0.5))
    assert kinds(strict)["frequencies"] == kinds(strict)["strength"] == "fault"
    assert kinds(healthy)["frequencies"] == "fine"


def test_a_network_without_weights_is_all_dead() -> None:
    made = module(7, 2)
    with torch.no_grad():
        made[0].weight.zero_()
    found = diagnose(network(made), pictures(2))
    assert found.dead == tuple(range(20))
    assert found.row()["rms ratio"] is None
    json.dumps(found.to_json(), allow_nan=False)


def test_document_holds_the_measurements(healthy: LayerDiagnosis) -> None:
    document = json.loads(json.dumps(healthy.to_json(), allow_nan=False))
    assert document["rms"] == pytest.approx(healthy.filters.rms.tolist())
    assert document["kernel"] == "7x7"
    assert document["band counts"] == dict(zip(("low", "middle", "high"), healthy.coverage.counts, strict=True))
    assert {one["subject"] for one in document["findings"]} == set(kinds(healthy))


def test_projecting_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="projections=0"):
        diagnose(network(module(7, 2)), projections=0)
