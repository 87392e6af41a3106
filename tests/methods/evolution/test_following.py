"""Units over checkpoints, against each checkpoint looked at by hand."""

import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Preprocess, open_source
from convscope.errors import StoreError, UnknownLayer, UsageError
from convscope.graph import Network, Unit
from convscope.methods.deconv import project
from convscope.methods.evolution.followed import followed_layers
from convscope.methods.evolution.histories import FeatureHistory
from convscope.methods.evolution.looking import Checkpoint
from convscope.stores.evolution import evolution

SIDE = 12


def module(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    made = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2)
    )
    return made


def network(seed: int, change: Callable[[nn.Sequential], None] | None = None) -> Network:
    made = module(seed)
    if change is not None:
        with torch.no_grad():
            change(made)
    return Network.trace(made, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE), name=f"step {seed}")


def pictures(count: int = 14) -> list[np.ndarray]:
    return [np.random.default_rng(i).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for i in range(count)]


def batch(net: Network) -> torch.Tensor:
    return net.preprocess.normalise(torch.from_numpy(np.stack(pictures())).permute(0, 3, 1, 2))


@pytest.fixture(scope="module")
def nets() -> list[Network]:
    def dying(made: nn.Sequential) -> None:
        made[3].bias[2] = -100.0

    return [network(0), network(1), network(1, dying)]


@pytest.fixture(scope="module")
def found(nets: list[Network]) -> FeatureHistory:
    return evolution(zip((1, 2, 5), nets, strict=True), pictures(), units=["1:0", "4:1", "4:2", "6:1"], layers=["1"])


def test_each_checkpoint_has_the_strongest_response_and_its_projection(
    nets: list[Network], found: FeatureHistory
) -> None:
    assert found.epochs == (1, 2, 5)
    assert [str(one.unit) for one in found.units] == ["1:0", "4:1", "4:2", "6:1"]
    for one in found.units:
        for e, net in enumerate(nets):
            out = net.run(batch(net), [one.unit.layer])[one.unit.layer][:, one.unit.channel].reshape(14, -1)
            if float(out.max()) <= 0:
                continue
            image = int(out.max(1).values.argmax())
            assert one.images[e] == image
            assert one.values[e] == pytest.approx(float(out.max()), rel=1e-5)
            at = divmod(int(out[image].argmax()), net.layers[one.unit.layer].width)
            spatial = net.layers[one.unit.layer].spatial
            where = np.array([at]) if spatial else None
            made = project(net, batch(net), one.unit.layer, image=[image], channel=[one.unit.channel], position=where)
            assert torch.allclose(one.pixels[e], made.pixels[0], atol=1e-6)
            assert one.boxes[e].tolist() == made.boxes[0].tolist()


def test_a_unit_that_dies_is_empty_from_then_on(found: FeatureHistory) -> None:
    dead = found.units[2]
    assert dead.images[2] == -1
    assert dead.values[2] == 0
    assert not dead.pixels[2].any()
    assert dead.pixels[1].any()
    assert dead.jumps.tolist()[2]
    assert found["4"].responding[2] == 0.75


def test_jumps_are_where_another_image_takes_over(found: FeatureHistory) -> None:
    for one in found.units[:2]:
        assert one.jumps.tolist() == [False, one.images[1] != one.images[0], False]


def test_layers_are_compared_by_all_their_units(nets: list[Network], found: FeatureHistory) -> None:
    assert [one.layer for one in found.layers] == ["1", "4", "6"]
    best = [net.run(batch(net), ["1"])["1"].amax((2, 3)).argmax(0).numpy() for net in nets]
    layer = found["1"]
    assert layer.images.tolist() == [row.tolist() for row in best]
    assert layer.final_image.tolist() == pytest.approx([(best[0] == best[2]).mean(), 1, 1])
    assert layer.jumped[1:].tolist() == pytest.approx([(best[0] != best[1]).mean(), 0])
    assert layer.settling.final[1:].tolist() == pytest.approx([1, 1])
    assert layer.settling.final[0] < 0.9
    assert found.settled("1") == 2
    assert found["4"].images.shape == (3, 4)


def test_the_trend_is_over_layers_in_the_order_of_the_network_whatever_was_asked_for(nets: list[Network]) -> None:
    steps = list(zip((1, 2, 5), nets, strict=True))
    forwards, backwards = (evolution(steps, pictures(), layers=layers, units=1) for layers in (["1", "4"], ["4", "1"]))
    assert [one.layer for one in backwards.layers] == ["4", "1"]
    assert vars(forwards.trend) == pytest.approx(vars(backwards.trend), nan_ok=True)
    assert forwards.trend.layers == 2
    since = forwards["1"].settling.units(0.9)
    assert forwards.unit_epochs("1").tolist() == [(1, 2, 5)[at] for at in since]
    row = next(iter(forwards.rows()))
    assert row["units settle at"] == pytest.approx(np.mean(forwards.unit_epochs("1")))


def test_rows_and_document_say_the_same(found: FeatureHistory) -> None:
    rows = list(found.rows())
    assert len(rows) == 9
    assert rows[0]["like previous"] is None
    assert rows[1]["like final"] == pytest.approx(1)
    assert {row["settled at"] for row in rows if row["layer"] == "1"} == {2}
    document = found.to_json()
    assert document["units"][0]["images"] == found.units[0].images.tolist()
    assert document["units"][2]["names"][2] is None
    assert document["layers"][0] == {"name": "1", "settled at": 2, "units": 6}


def test_networks_are_asked_for_one_at_a_time() -> None:
    alive: list[weakref.ref[Network]] = []

    def load(seed: int) -> Network:
        assert not any(one() is not None for one in alive)
        net = network(seed)
        alive.append(weakref.ref(net))
        return net

    steps = [Checkpoint(seed, lambda seed=seed: load(seed)) for seed in (1, 2, 3)]
    assert evolution(steps, pictures(4), units=1).network == "step 3"
    assert len(alive) == 3


def test_units_are_drawn_by_the_seed(nets: list[Network]) -> None:
    steps = list(enumerate(nets[:2]))
    first, again, other = (evolution(steps, pictures(4), units=3, seed=seed) for seed in (0, 0, 1))
    assert [one.unit for one in first.units] == [one.unit for one in again.units]
    assert [one.unit for one in first.units] != [one.unit for one in other.units]
    assert [one.unit.layer for one in first.units] == ["1"] * 3 + ["4"] * 3
    many = evolution(steps, pictures(4), units=100, layers=["4"])
    assert [one.unit for one in many.units] == [Unit("4", c) for c in range(4)]


def test_with_a_store_what_was_looked_at_is_not_looked_at_again(
    nets: list[Network], found: FeatureHistory, tmp_path: Path
) -> None:
    units = ["1:0", "4:1", "4:2", "6:1"]

    def look(epochs: tuple[int, ...]) -> tuple[FeatureHistory, dict[str, list[int]]]:
        said: dict[str, list[int]] = {}
        steps = [(e, n) for e, n in zip((1, 2, 5), nets, strict=True) if e in epochs]
        made = evolution(
            steps,
            pictures(),
            units=units,
            layers=["1"],
            store=tmp_path,
            progress=lambda stage, done, _: said.setdefault(stage, []).append(done),
        )
        return made, said

    first, said = look((1, 5))
    assert set(said) == {"epoch 1", "epoch 5"}
    whole, said = look((1, 2, 5))
    assert set(said) == {"epoch 2"}
    assert next(first.rows())["like final"] == next(whole.rows())["like final"]
    assert whole.to_json() == found.to_json()
    for one, other in zip(whole.units, found.units, strict=True):
        assert torch.equal(one.pixels, other.pixels)


def test_a_store_of_another_training_is_left_alone(nets: list[Network], tmp_path: Path) -> None:
    evolution([(1, nets[0]), (2, nets[1])], pictures(4), units=1, store=tmp_path)
    with pytest.raises(StoreError, match="holds another scan"):
        evolution([(1, nets[1]), (2, nets[0])], pictures(4), units=1, store=tmp_path)


def test_default_layers_are_the_rectified_maps(nets: list[Network]) -> None:
    assert followed_layers(nets[0]) == ("1", "4")
    deep = nn.Sequential(*[m for i in range(9) for m in (nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())])
    assert followed_layers(Network.trace(deep, (3, 9, 9))) == ("17",)


@pytest.mark.parametrize(
    ("epochs", "options", "message"),
    [
        ((1,), {}, "1 checkpoint given: evolution compares at least two"),
        ((2, 1), {}, "epochs 2, 1 do not rise"),
        ((1, 1), {}, "do not rise"),
        ((1, 2), {"sample": 1}, "sample=1"),
        ((1, 2), {"threshold": 0}, "threshold=0"),
        ((1, 2), {"units": 0}, "units=0"),
    ],
)
def test_nonsense_is_refused(
    nets: list[Network], epochs: tuple[int, ...], options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        evolution(list(zip(epochs, nets, strict=False)), pictures(4), **options)  # type: ignore[arg-type]


def test_layers_and_units_that_do_not_exist_are_named(nets: list[Network], found: FeatureHistory) -> None:
    steps = list(enumerate(nets[:2]))
    with pytest.raises(UnknownLayer, match="layer 'conv9' is not in"):
        evolution(steps, pictures(4), layers=["conv9"])
    with pytest.raises(UnknownLayer, match="6 units"):
        evolution(steps, pictures(4), units=["1:6"])
    with pytest.raises(UsageError, match="single units are followed: ask for 1:3, or 1:5"):
        evolution(steps, pictures(4), units=["1:3-5"])
    with pytest.raises(UnknownLayer, match="was not followed"):
        found["0"]


def test_checkpoints_of_another_architecture_are_refused(nets: list[Network]) -> None:
    source = open_source(pictures(4))
    wide = Network.trace(
        nn.Sequential(nn.Conv2d(3, 7, 3), nn.ReLU()), (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE)
    )
    with pytest.raises(UsageError, match="of other shapes than the checkpoint before"):
        evolution([(1, nets[0]), (2, wide)], source, layers=["1"], units=1)
