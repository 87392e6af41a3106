"""Frequencies of filters and of projections, against sums written out and signals whose spectrum is known."""

import cmath
import math

import numpy as np
import pytest
import torch

from convscope.methods.diagnosis.filters import Filters
from convscope.methods.diagnosis.spectrum import EDGES, axis_power, coverage, lines, power


def filters(weights: torch.Tensor, stride: int = 2, dilation: int = 1) -> Filters:
    return Filters("conv", "relu", weights.double().numpy(), (stride, stride), (dilation, dilation))


def grating(frequency: tuple[float, float], size: int, *, channels: int = 3, phase: float = 0.3) -> torch.Tensor:
    """A wave under a Gaussian, (1, channels, size, size), without a mean."""
    y, x = torch.meshgrid(*[torch.arange(size, dtype=torch.float64) - (size - 1) / 2] * 2, indexing="ij")
    wave = torch.cos(2 * math.pi * (frequency[0] * y + frequency[1] * x) + phase)
    wave = wave * torch.exp(-(y**2 + x**2) / (2 * (size / 5) ** 2))
    return (wave - wave.mean()).expand(1, channels, size, size)


# -- filters ----------------------------------------------------------------------------------------------------------
def literal_power(weights: torch.Tensor, fy: float, fx: float, dilation: int = 1) -> float:
    """Of one filter (c, h, w): the squared length of its Fourier sum, over channels."""
    total = 0.0
    for channel in weights.tolist():
        found = 0j
        for y, row in enumerate(channel):
            for x, value in enumerate(row):
                found += value * cmath.exp(-2j * math.pi * dilation * (fy * y + fx * x))
        total += abs(found) ** 2
    return total


@pytest.mark.parametrize("dilation", [1, 2])
def test_power_is_the_fourier_sum_written_out(dilation: int) -> None:
    weights = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    found = power(weights, dilation=(dilation, dilation), grid=16)
    size = 18 if dilation == 2 else 16  # at least twice the kernel, which spans 9 pixels when it is dilated
    assert found.shape == (2, size, size)
    for n, i, j in [(0, 0, 0), (0, 3, 14), (1, 8, 8), (1, 5, 0), (0, 1, 9)]:
        assert found[n, i, j] == pytest.approx(literal_power(weights[n], i / size, j / size, dilation), rel=1e-10)
    assert found.sum((1, 2)) == pytest.approx(size**2 * weights.square().sum((1, 2, 3)).numpy(), rel=1e-12)


def test_shares_are_sums_over_the_bands_written_out() -> None:
    weights = torch.randn(1, 2, 3, 3, dtype=torch.float64)
    bands, total, beyond = [0.0, 0.0, 0.0], 0.0, 0.0
    for i in range(64):
        for j in range(64):
            fy, fx = (k / 64 if k <= 32 else k / 64 - 1 for k in (i, j))
            energy = literal_power(weights[0], fy, fx)
            radius = math.sqrt(fy**2 + fx**2)
            bands[0 if radius < 1 / 8 else 1 if radius < 1 / 4 else 2] += energy
            beyond += energy if max(abs(fy), abs(fx)) > 1 / 6 else 0
            total += energy
    found = coverage(filters(weights, stride=3))
    assert found.shares[0].tolist() == pytest.approx([b / total for b in bands], rel=1e-10)
    assert found.folded == pytest.approx(beyond / total, rel=1e-10)
    assert found.profile.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("frequency", "band"), [((0.06, 0.0), 0), ((0.0, 0.18), 1), ((0.12, 0.13), 1), ((0.35, 0.0), 2), ((0.3, 0.3), 2)]
)
def test_a_grating_is_found_at_its_frequency(frequency: tuple[float, float], band: int) -> None:
    found = coverage(filters(grating(frequency, 21)))
    assert found.peaks[0] == pytest.approx(math.hypot(*frequency), abs=0.03)
    assert found.counts[band] == 1
    assert int(np.argmax(found.mean)) == band
    assert found.mean[band] > 0.6


def test_white_noise_has_the_energy_of_the_bands_areas() -> None:
    found = coverage(filters(torch.randn(400, 3, 11, 11, dtype=torch.float64)))
    expected = (math.pi / 64, math.pi * 3 / 64, 1 - math.pi / 16)
    assert found.mean == pytest.approx(expected, abs=0.01)
    assert found.folded == pytest.approx(1 - 0.5**2, abs=0.02)


def test_stride_folds_what_is_above_half_its_rate() -> None:
    weights = grating((0.0, 0.18), 21)
    assert coverage(filters(weights, stride=1)).folded == 0
    assert coverage(filters(weights, stride=2)).folded < 0.1
    assert coverage(filters(weights, stride=4)).folded > 0.9


def test_dead_filters_count_neither_in_means_nor_in_peaks() -> None:
    weights = torch.cat([grating((0.35, 0), 11), torch.zeros(1, 3, 11, 11), grating((0.05, 0), 11)])
    found = coverage(filters(weights))
    assert found.counts == (1, 0, 1)
    assert found.live.tolist() == [True, False, True]
    only = coverage(filters(weights), np.array([True, True, False]))
    assert only.counts == (0, 0, 1)
    assert np.isfinite(found.shares).all()
    none = coverage(filters(torch.zeros(2, 3, 5, 5)))
    assert (none.mean, none.counts, none.folded) == ((0.0, 0.0, 0.0), (0, 0, 0), 0.0)


def test_strong_filters_count_as_much_as_weak_ones() -> None:
    both = torch.cat([grating((0.35, 0), 11), 100 * grating((0.05, 0), 11)])
    one = torch.cat([grating((0.35, 0), 11), grating((0.05, 0), 11)])
    assert coverage(filters(both)).mean == pytest.approx(coverage(filters(one)).mean, rel=1e-12)


def test_bands_are_octaves() -> None:
    assert EDGES == (0.125, 0.25)


# -- projections ------------------------------------------------------------------------------------------------------
def test_axis_power_is_the_windowed_fourier_sum_written_out() -> None:
    rows = torch.randn(2, 3, 10, dtype=torch.float64)
    frequencies = np.array([0.0, 0.13, 0.25, 0.5])
    window = [math.sin(math.pi * (i + 1) / 11) ** 2 for i in range(10)]
    expected = [0.0] * 4
    for group in rows.tolist():
        for row in group:
            level = sum(w * v for w, v in zip(window, row, strict=True)) / sum(window)
            for k, f in enumerate(frequencies.tolist()):
                found = sum(
                    w * (v - level) * cmath.exp(-2j * math.pi * f * i)
                    for i, (w, v) in enumerate(zip(window, row, strict=True))
                )
                expected[k] += abs(found) ** 2 / 2
    assert axis_power(rows, frequencies) == pytest.approx(expected, rel=1e-9, abs=1e-20)


def placed(stride: int, *, smooth: float, size: int = 60, count: int = 24) -> torch.Tensor:
    """Sums of random filters set every `stride` pixels, with amounts that change slowly (smooth) or at random."""
    found = []
    for seed in range(count):
        random = torch.Generator().manual_seed(seed)
        cells = -(-size // stride)
        kernel = torch.randn(1, 3, 2 * stride + 3, 2 * stride + 3, generator=random, dtype=torch.float64)
        noise = torch.randn(1, 1, cells, cells, generator=random, dtype=torch.float64)
        amounts = (1 - smooth) * noise + smooth * (1 + 0.2 * noise)
        whole = torch.nn.functional.conv_transpose2d(amounts, kernel, stride=stride)
        found.append(whole[:, :, stride : stride + size, stride : stride + size])
    return torch.cat(found)


@pytest.mark.parametrize(("stride", "expected"), [(2, [1 / 2]), (4, [1 / 4, 1 / 2]), (3, [1 / 3])])
def test_slowly_changing_amounts_leave_lines_at_the_strides_frequencies(stride: int, expected: list[float]) -> None:
    found = lines(placed(stride, smooth=1.0), (stride, stride))
    assert found is not None
    assert found.frequencies.tolist() == pytest.approx(expected * 2)
    assert found.decibels > 10
    assert found.share > 0.05
    at = found.axis[int(found.spectrum.mean(0)[20:].argmax()) + 20]
    assert min(abs(at - f) for f in expected) < 0.01


def test_amounts_at_random_leave_none() -> None:
    found = lines(placed(4, smooth=0.0), (4, 4))
    assert found is not None
    assert found.decibels < 3


def test_lines_of_stride_4_are_no_lines_of_stride_2_and_smooth_noise_has_none() -> None:
    pixels = placed(4, smooth=1.0)
    four, two = lines(pixels, (4, 4)), lines(torch.randn(40, 3, 60, 60), (4, 4))
    assert four is not None
    assert two is not None
    assert four.decibels > two.decibels + 8
    assert four.share > 10 * two.share
    assert abs(two.decibels) < 1.5


def test_a_falling_spectrum_has_no_lines() -> None:
    """A baseline that were a plain mean would find a line in a spectrum that only curves."""
    noise = torch.randn(60, 3, 60, 60, dtype=torch.float64)
    kernel = torch.tensor([1.0, 2.0, 1.0]).double()
    kernel = (kernel[:, None] * kernel[None, :]).expand(3, 1, 3, 3)
    found = lines(torch.nn.functional.conv2d(noise, kernel, groups=3), (4, 4))
    assert found is not None
    assert found.excess[0] == pytest.approx(1, abs=0.25)


def test_excess_is_power_over_the_geometric_mean_of_the_neighbours() -> None:
    pixels = torch.randn(3, 2, 20, 24, dtype=torch.float64)
    found = lines(pixels, (4, 4))
    assert found is not None
    unit = torch.stack([p / p.norm() for p in pixels])
    rows = unit.reshape(3, -1, 24)
    away = np.linspace(2 / 24, 4 / 24, 17)
    near = np.concatenate([0.25 - away, 0.25 + away])
    base = math.exp(sum(math.log(v) for v in axis_power(rows, near)) / 34)
    assert found.excess[2] == pytest.approx(float(axis_power(rows, np.array([0.25]))[0]) / base, rel=1e-9)
    assert (found.count, found.size) == (3, (20, 24))


def test_strength_of_a_projection_does_not_weigh_and_empty_ones_do_not_count() -> None:
    pixels = placed(4, smooth=1.0, count=4)
    loud = pixels * torch.tensor([1.0, 100.0, 0.01, 1.0])[:, None, None, None]
    more = torch.cat([loud, torch.zeros_like(pixels[:2])])
    first, second = lines(pixels, (4, 4)), lines(more, (4, 4))
    assert first is not None
    assert second is not None
    assert second.count == 4
    assert second.excess == pytest.approx(first.excess, rel=1e-9)


def test_too_small_or_empty_projections_tell_nothing() -> None:
    assert lines(torch.randn(3, 3, 16, 16), (4, 4)) is None
    assert lines(torch.randn(3, 3, 17, 17), (4, 4)) is not None
    assert lines(torch.zeros(3, 3, 40, 40), (4, 4)) is None


def test_stride_1_has_no_frequencies_of_its_own() -> None:
    found = lines(torch.randn(3, 3, 16, 16), (1, 1))
    assert found is not None
    assert (found.decibels, found.share, len(found.frequencies)) == (0.0, 0.0, 0)


def test_intervals_of_lines_are_those_of_projections_drawn_again() -> None:
    random = np.random.default_rng(2)
    y = np.mgrid[:32, :32][0]
    blocks = torch.from_numpy(np.cos(np.pi * y / 2) * random.normal(1, 0.5, (9, 1, 1))) / 3
    pixels = (blocks + torch.from_numpy(random.normal(size=(9, 32, 32))))[:, None]
    found = lines(pixels, (4, 4))
    assert found is not None
    drawn = np.random.default_rng(0).multinomial(9, [1 / 9] * 9, 1000)
    seen = []
    for draw in drawn[:40]:
        again = lines(pixels[np.repeat(np.arange(9), draw)], (4, 4))
        assert again is not None
        seen.append((again.decibels, again.share))
    levels, shares = np.array(seen).T
    inside = (found.decibels_interval[0] <= levels) & (levels <= found.decibels_interval[1])
    assert 0.85 < inside.mean() < 1  # of forty
    within = (found.share_interval[0] <= shares) & (shares <= found.share_interval[1])
    assert 0.85 < within.mean() < 1
    alone = lines(pixels[:1], (4, 4))
    assert alone is not None
    assert math.isnan(alone.decibels_interval[0])


def test_intervals_of_bands_are_over_live_filters() -> None:
    weights = torch.randn(12, 3, 7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    live = np.arange(12) < 8
    found = coverage(filters(weights, stride=2), live)
    drawn = np.random.default_rng(0).multinomial(8, [1 / 8] * 8, 1000) / 8
    (low, _, _), folded = found.intervals
    assert low == pytest.approx(np.quantile(drawn @ found.shares[:8, 0], (0.025, 0.975)))
    assert folded == pytest.approx(np.quantile(drawn @ found.beyond[:8], (0.025, 0.975)))
    assert low[0] < found.mean[0] < low[1]
