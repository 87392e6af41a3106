"""When features settle, against correlations written out."""

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Preprocess, open_source
from convscope.errors import SourceError
from convscope.graph import Network
from convscope.methods.evolution.settling import Settling, sampled, settling


def correlation(a: list[float], b: list[float]) -> float:
    """Pearson's, written out."""
    n = len(a)
    ma, mb = sum(a) / n, sum(b) / n
    over = sum((x - ma) * (y - mb) for x, y in zip(a, b, strict=True))
    return over / (sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b)) ** 0.5


def tables(count: int = 4, images: int = 9, units: int = 5) -> list[np.ndarray]:
    random = np.random.default_rng(2)
    return [random.normal(size=(images, units)).astype(np.float32) for _ in range(count)]


def test_likeness_is_the_correlation_with_the_last_checkpoint_written_out() -> None:
    given = tables()
    found = settling(given)
    for e, table in enumerate(given):
        expected = [correlation(table[:, u].tolist(), given[-1][:, u].tolist()) for u in range(5)]
        assert found.unit_likeness[e].tolist() == pytest.approx(expected, rel=1e-6)
        assert found.final[e] == pytest.approx(sum(expected) / 5, rel=1e-6)
        pairs = [
            correlation(table[:, i].tolist(), given[-1][:, j].tolist()) for i in range(5) for j in range(5) if i != j
        ]
        assert found.chance[e] == pytest.approx(sum(pairs) / len(pairs), rel=1e-5)
    before = [correlation(given[2][:, u].tolist(), given[1][:, u].tolist()) for u in range(5)]
    assert found.previous[2] == pytest.approx(sum(before) / 5, rel=1e-6)
    assert np.isnan(found.previous[0])


def test_strength_and_level_of_responses_do_not_matter() -> None:
    first, last = tables(2)
    again = settling([first * 100 + 7, last])
    assert again.final == pytest.approx(settling([first, last]).final, rel=1e-4)


def test_units_that_are_constant_in_the_end_do_not_count_and_those_that_were_once_are_unlike() -> None:
    first, last = tables(2, units=3)
    last[:, 0] = 4
    first[:, 1] = 0
    found = settling([first, last])
    third = correlation(first[:, 2].tolist(), last[:, 2].tolist())
    assert np.isnan(found.unit_likeness[:, 0]).all()
    assert found.unit_likeness[0, 1:].tolist() == pytest.approx([0, third], rel=1e-6)
    assert found.final[0] == pytest.approx(third / 2, rel=1e-6)
    assert found.units(0.9).tolist() == [1, 1]


def test_numbers_that_are_none_are_as_constant() -> None:
    first, last = tables(2, units=2)
    first[3, 0] = np.nan
    first[5, 1] = np.inf
    assert settling([first, last]).final.tolist() == pytest.approx([0, 1])


def test_a_layer_without_features_in_the_end_has_no_likeness() -> None:
    first, last = tables(2)
    found = settling([first, last * 0])
    assert np.isnan(found.final).all()
    assert found.units(0.5).tolist() == []


def test_settled_is_where_the_threshold_is_never_left_again() -> None:
    found = Settling(np.zeros((6, 0)), np.array([0.95, 0.5, 0.91, 0.92, 0.96, 1.0]), *[np.zeros(6)] * 2)
    assert found.settled(0.9) == 2
    assert found.settled(0.915) == 3
    assert found.settled(0.99) == 5
    assert found.settled(0.4) == 0


# -- responses --------------------------------------------------------------------------------------------------------
def network() -> Network:
    torch.manual_seed(0)
    return Network.trace(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)),
        (3, 8, 8),
        preprocess=Preprocess(8, 8),
    )


def pictures(count: int) -> list[np.ndarray]:
    return [np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8) for i in range(count)]


def test_responses_are_the_largest_values_of_maps_and_the_values_of_vectors() -> None:
    net, images = network(), pictures(40)
    found = sampled(net, open_source(images), ["1", "3"], 100)
    batch = net.preprocess.normalise(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2))
    out = net.run(batch, ["1", "3"])
    assert found["1"] == pytest.approx(out["1"].amax((2, 3)).numpy(), rel=1e-5)
    assert found["3"] == pytest.approx(out["3"].numpy(), rel=1e-4, abs=1e-6)


def test_the_sample_is_spread_evenly() -> None:
    net, images = network(), pictures(10)
    some = sampled(net, open_source(images), ["1"], 5)["1"]
    assert some == pytest.approx(sampled(net, open_source(images), ["1"], 10)["1"][::2], rel=1e-5)


def test_one_image_is_too_few() -> None:
    with pytest.raises(SourceError, match="fewer than two images"):
        sampled(network(), open_source(pictures(1)), ["1"], 5)
