"""Lower responses, weights, controls, strongest units of images, experiments: against slow references."""

import base64
import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope import Network, deconv
from convscope.atlas import portraits, profiles
from convscope.atlas.alike import alike, correlations
from convscope.atlas.build import build_atlas
from convscope.atlas.connections import Wiring, strengths
from convscope.atlas.experiments import add_experiment, experiments
from convscope.atlas.profiles import bands, sampled
from convscope.atlas.reading import Atlas
from convscope.atlas.web import read_script
from convscope.errors import StoreError, UsageError
from convscope.graph import PullOptions
from convscope.methods.sanity.controls import control, likeness, random_signal
from tests.web.making import SIZE, Photos, make_atlas, small_network


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return make_atlas(tmp_path_factory.mktemp("extras"))


class Fire(nn.Module):
    """Two convolutions side by side, then one of both."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(3, 2, 1)
        self.right = nn.Conv2d(3, 3, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.last = nn.Conv2d(5, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.pool(torch.cat([self.left(x).relu(), self.right(x).relu()], 1))).relu()


def test_weights_are_followed_through_concatenation_and_pooling() -> None:
    torch.manual_seed(0)
    module = Fire()
    net = Network.trace(module, (3, 8, 8))
    layers = {layer.op: layer.name for layer in net.layers}
    joined, last = layers["cat"], net.output
    wiring = Wiring(net, [joined, last])
    found = wiring.of(last)
    weight = module.last.weight.detach().numpy()
    for out in range(4):
        expected = sorted(
            ((joined, i, float(np.sign(weight[out, i].sum()) * np.linalg.norm(weight[out, i]))) for i in range(5)),
            key=lambda joint: -abs(joint[2]),
        )
        assert [joint[:2] for joint in found.incoming[out]] == [joint[:2] for joint in expected]
        assert [joint[2] for joint in found.incoming[out]] == pytest.approx([joint[2] for joint in expected], rel=1e-5)
    assert found.outgoing == ((),) * 4
    assert found.outgoing_note == ""
    back = wiring.of(joined)
    for source in range(5):
        assert {joint[1] for joint in back.outgoing[source]} == {0, 1, 2, 3}
        assert all(joint[0] == last for joint in back.outgoing[source])
    assert {joint[0] for joint in back.incoming[0]} == {"image"}
    assert len(back.incoming[4]) == 3


def test_weights_are_followed_through_activations_that_are_written_out() -> None:
    class Written(Fire):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            left, right = self.left(x), self.right(x)
            joined = torch.cat([left * (left > 0), torch.where(right > 0, right, 0.0)], 1)
            return self.last(self.pool(joined)).relu()

    found = []
    for make in (Fire, Written):
        torch.manual_seed(0)
        net = Network.trace(make(), (3, 8, 8))
        joined = next(layer.name for layer in net.layers if layer.op == "cat")
        found.append(Wiring(net, [joined, net.output]).of(joined))
    assert found[0].incoming == found[1].incoming
    assert len(found[1].incoming[4]) == 3


def test_strengths_of_groups_are_zero_between_them() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(4, 4, 1, groups=2, bias=False)), (4, 5, 5))
    found = strengths(net.steps[-1], 4)
    assert found is not None
    assert found.shape == (4, 4)
    assert not found[:2, 2:].any()
    assert not found[2:, :2].any()
    assert found[:2, :2].all()


def test_sums_of_paths_have_no_single_weight() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return (self.conv(x) + x).relu()

    net = Network.trace(Residual(), (3, 6, 6))
    assert Wiring(net, [net.output]).of(net.output).incoming == ((),) * 3


def test_control_is_the_sum_of_all_units_projections() -> None:
    """Without a nonlinear rule the projection of a seed is the sum of one-hot projections."""
    net = small_network()
    images = torch.randn(1, 3, SIZE, SIZE)
    options = PullOptions(rule="gradient")
    found = control(net, images, "1", np.array([[4, 5]]), options).pixels
    amounts = random_signal(8)
    expected = torch.zeros_like(found)
    for channel in range(8):
        seed = amounts[channel].reshape(1)
        expected += deconv(net, images, f"1:{channel}@4,5", rule="gradient", signal=seed).full()
    assert torch.allclose(found, expected, atol=1e-5)


def test_likeness_of_a_picture_with_itself_and_with_nothing() -> None:
    one = torch.randn(2, 3, 4, 4)
    one[1] = 0
    found = likeness(one, 3 * one)
    assert found[0] == 1
    assert np.isnan(found[1])


def test_every_layer_says_how_like_their_controls_its_units_are(atlas: Atlas) -> None:
    net, source = small_network(), Photos()
    for layer in ("1", "4"):
        record, found = atlas.record(layer), []
        for channel in range(record.layer.channels):
            if record.values[channel, 0] == 0:
                found.append(None)
                continue
            photo = net.preprocess.crop(source.read(int(record.images[channel, 0])))
            image = net.preprocess.normalise(torch.from_numpy(photo).permute(2, 0, 1)[None])
            at = np.array([[record.y[channel, 0], record.x[channel, 0]]])
            own = deconv(net, image, f"{layer}:{channel}@{at[0, 0]},{at[0, 1]}").full().flatten().double()
            other = control(net, image, layer, at, PullOptions()).pixels.flatten().double()
            found.append(float(own @ other / own.norm() / other.norm()))
        told = read_script(atlas.path / "data" / "controls" / f"{atlas.layer(layer).id}.js")
        known = [one for one in found if one is not None]
        assert [one is None for one in told["similarity"]] == [one is None for one in found]
        assert [one for one in told["similarity"] if one is not None] == pytest.approx(known, abs=1e-4)
        assert (told["median"], told["units"]) == (pytest.approx(np.median(known), abs=1e-4), len(known))
        assert atlas.layer(layer).likeness == told["median"]
        assert atlas.layer(layer).entry["control"] == {"median": told["median"], "units": told["units"]}
    assert atlas.layer("1").likeness != atlas.layer("4").likeness


def test_an_atlas_of_old_has_no_likeness_and_no_caution(atlas: Atlas) -> None:
    manifest = {
        **atlas.manifest,
        "layers": [{k: v for k, v in row.items() if k != "control"} for row in atlas.manifest["layers"]],
    }
    old = Atlas(atlas.path, manifest, atlas.inventory)
    assert [layer.likeness for layer in old.layers] == [None] * 3
    assert old.caution is None


def test_what_looks_like_its_control_is_said(atlas: Atlas) -> None:
    rows = [{**row, "control": {"median": 0.95, "units": 3}} for row in atlas.manifest["layers"][1:]]
    found = Atlas(atlas.path, {**atlas.manifest, "layers": [atlas.manifest["layers"][0], *rows]}, atlas.inventory)
    assert found.caution is not None
    assert found.caution.startswith("4, 7: projections look much like a random signal's")


def test_bands_hold_samples_between_their_shares() -> None:
    values = np.linspace(0, 10, 101, dtype=np.float32)
    found = bands(values, 10.0)
    assert [(round(band.low, 6), round(band.high, 6)) for band in found] == [(7.5, 9.5), (5, 7.5), (2.5, 5), (0, 2.5)]
    for band in found:
        picked = values[list(band.rows)]
        assert len(picked) == 4
        assert (picked > band.low).all()
        assert (picked <= band.high).all()
        assert (np.diff(picked) < 0).all()
    assert bands(values, 0.0) == []
    assert bands(values, float("nan")) == []


def test_samples_are_spread_and_never_repeated() -> None:
    for count in (0, 1, 5, 511, 512, 513, 100_000):
        found = sampled(count)
        assert len(found) == min(count, 512) == len(set(found.tolist()))
        assert not len(found) or found[-1] < count


def by_share(atlas: Atlas, layer: str, share: np.ndarray) -> list[int]:
    """Six units by share of their maximum; those whose best image it is first, by how low their second best is."""
    record = atlas.record(layer)
    second = {c: float(record.values[c, 1] / record.maximum[c]) for c in range(len(share)) if share[c] >= 0.9995}
    return sorted(range(len(share)), key=lambda c: (c not in second, second.get(c, 0.0), -share[c]))[:6]


def test_scripts_equal_a_slow_pass_over_the_images(atlas) -> None:
    net, source = small_network(), Photos()
    preprocess = net.preprocess
    photos = np.stack([source.read(i) for i in range(len(source))])
    inputs = preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2))
    maps = net.run(inputs, ["4"])["4"]
    best, place = maps.flatten(2).max(2)
    unit = read_script(atlas.path / "data" / "extras" / "01-4" / "0.js")["units"][7]
    for band in unit["bands"]:
        for sample in band["samples"]:
            assert sample["value"] == pytest.approx(float(best[sample["image"], 7]), rel=1e-5)
            at = int(place[sample["image"], 7])
            assert sample["box"] == net.boxes("4", np.array([[at // 12, at % 12]]))[0].tolist()
    share = best[5] / torch.from_numpy(atlas.record("4").maximum)
    share[3] = 0  # dead
    shard = read_script(atlas.path / "data" / "profiles" / "0.js")["images"]["5"]["layers"][1]
    assert [row[0] for row in shard] == by_share(atlas, "4", share.numpy())
    assert shard[0][2] == pytest.approx(float(share.max()), abs=1e-4)


def test_dead_units_have_neither_samples_nor_a_control(atlas) -> None:
    unit = read_script(atlas.path / "data" / "extras" / "01-4" / "0.js")["units"][3]
    assert unit["bands"] == []
    assert unit["control"] is None


def test_experiment_is_written_read_and_listed(atlas, tmp_path) -> None:
    picture = tmp_path / "p.png"
    picture.write_bytes(b"\x89PNG")
    rows = [{"layer": "a,b", "score": 0.1}, {"layer": "</script>", "score": None}]
    folder = add_experiment(
        atlas.path, "one", title="T", kind="transfer", figures={"fig.png": picture}, table=rows, settings={"seed": 1}
    )
    said = json.loads((folder / "experiment.json").read_text())
    assert (said["title"], said["figures"], said["settings"]) == ("T", ["fig.png"], {"seed": 1})
    with (folder / "table.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["layer", "score"], ["a,b", "0.1"], ["</script>", ""]]
    raw = (atlas.path / "data" / "experiments.js").read_text()
    assert "</script" not in raw
    assert "</script" not in (atlas.path / "data" / "results" / "one.js").read_text()
    assert read_script(atlas.path / "data" / "results" / "one.js")["shown"]["count"] == 2
    add_experiment(atlas.path, "one", title="Again", kind="transfer")
    assert [experiment.title for experiment in experiments(atlas.path)] == ["Again"]
    assert not (folder / "fig.png").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "../up"}, "letters"),
        ({"kind": "magic"}, "choose one of"),
        ({"figures": {"evil.html": b""}}, "name it like"),
        ({"figures": {"../evil.png": b""}}, "name it like"),
        ({"captions": {"none.png": "x"}}, "no figure"),
    ],
)
def test_malformed_experiments_are_refused(atlas, change, words) -> None:
    asked = {"name": "fine", "title": "T", "kind": "other"} | change
    with pytest.raises(UsageError, match=words):
        add_experiment(atlas.path, asked.pop("name"), **asked)


def test_experiments_need_an_atlas(tmp_path) -> None:
    with pytest.raises(StoreError, match="no atlas"):
        add_experiment(tmp_path, "x", title="T", kind="other")


# -- how alike units are ----------------------------------------------------------------------------------------------


def test_likeness_is_the_correlation_of_responses() -> None:
    values = np.random.default_rng(0).normal(size=(40, 70)).astype(np.float32) ** 2
    values[:, 3] = 0.0
    values[:, 4] = 2.5
    values[7, 9] = np.nan
    found = alike(values)
    clean = np.nan_to_num(values, nan=0.0).astype(np.float64)
    kept = [unit for unit in range(70) if unit not in (3, 4)]
    expected = np.corrcoef(clean[:, kept].T)
    shown = np.stack([found.of(unit)[kept] for unit in kept])
    assert np.abs(shown - expected)[~np.eye(len(kept), dtype=bool)].max() <= found.error <= 0.02
    assert not found.codes[[3, 4]].any()
    assert not correlations(values)[[3, 4]].any()


def test_likeness_stays_within_its_budget_and_says_what_that_costs() -> None:
    values = np.random.default_rng(1).normal(size=(60, 100)).astype(np.float32)
    small = alike(values, budget=100 * 8)
    assert small.codes.shape == (100, 8)
    expected = np.corrcoef(values.astype(np.float64).T)
    worst = max(np.abs(np.delete(small.of(u) - expected[u], u)).max() for u in range(100))
    assert worst <= small.error <= worst + 0.001
    assert small.error > alike(values).error


def test_script_of_a_layer_orders_all_its_units(atlas: Atlas) -> None:
    told = read_script(atlas.path / "data" / "alike" / "01-4.js")
    net, source = small_network(), Photos()
    photos = np.stack([net.preprocess.crop(source.read(i)) for i in range(24)])
    images = net.preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2))
    responses = net.run(images, ["4"])["4"].amax((2, 3)).numpy()
    codes = np.frombuffer(base64.b64decode(told["codes"]), np.int8).reshape(130, told["rank"]).astype(float)
    shown = told["scale"] ** 2 * codes @ codes[7]
    expected = correlations(responses) @ correlations(responses)[7]
    assert told["images"] == 24
    assert np.abs(np.delete(shown - expected, 7)).max() <= told["error"] + 1e-6


# -- what images excite -----------------------------------------------------------------------------------------------


def test_every_image_shown_anywhere_has_a_portrait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are sampled and listed, as in a large collection; the rest are there because units are strongest on them."""
    monkeypatch.setattr(profiles, "SAMPLED", 5)
    monkeypatch.setattr(portraits, "LISTED", 7)
    monkeypatch.setattr(portraits, "SHARD_PORTRAITS", 4)
    made = build_atlas(small_network(), Photos(40), tmp_path / "a", layers=["1"], k=2, workers=1)
    index = read_script(made.path / "data" / "profiles" / "index.js")
    assert index["images"] == [i * 40 // 7 for i in range(7)]
    shown = set(index["images"]) | set(made.record("1").images.ravel().tolist()) | {0, 8, 16, 24, 32}
    assert len(shown) < 40
    assert index["count"] == len(shown)
    starts = [*index["starts"], 41]
    for number, (first, end) in enumerate(itertools.pairwise(starts)):
        shard = read_script(made.path / "data" / "profiles" / f"{number}.js")
        assert {int(i) for i in shard["images"]} == {i for i in shown if first <= i < end}
    assert all(made.image(i).size for i in shown)


def test_portrait_is_what_the_network_says(atlas: Atlas) -> None:
    shard = read_script(atlas.path / "data" / "profiles" / "0.js")
    net, record = small_network(), atlas.record("4")
    image = net.preprocess.normalise(torch.from_numpy(net.preprocess.crop(Photos().read(9))).permute(2, 0, 1)[None])
    maps = net.run(image, ["4"])["4"][0]
    shares = maps.amax((1, 2)).numpy() / np.where(record.maximum > 0, record.maximum, np.inf)
    told = shard["images"]["9"]["layers"][1]
    assert [row[0] for row in told] == by_share(atlas, "4", shares)
    for channel, value, share, y, x in told:
        assert maps[channel, y, x].item() == pytest.approx(value, rel=1e-5)
        assert share == pytest.approx(shares[channel], abs=1e-3)


def test_portraits_say_what_the_network_answers(atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sampled images and of the rest alike."""
    net = small_network()
    shard = read_script(atlas.path / "data" / "profiles" / "0.js")
    photos = np.stack([net.preprocess.crop(Photos().read(i)) for i in range(24)])
    shares = net.answers(net.preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2))).softmax(1)
    assert shard["answers"] == {"score": "probability", "names": {str(i): name for i, name in enumerate(net.classes)}}
    for image, share in enumerate(shares):
        told = shard["images"][str(image)]["answers"]
        assert [label for label, _ in told] == share.argsort(descending=True, stable=True).tolist()
        assert [score for _, score in told] == pytest.approx(share.sort(descending=True).values.tolist(), rel=1e-3)
    monkeypatch.setattr(profiles, "SAMPLED", 5)
    few = build_atlas(small_network(), Photos(), tmp_path / "a", layers=["1"], k=2, workers=1)
    again = read_script(few.path / "data" / "profiles" / "0.js")["images"]
    assert {image: one["answers"] for image, one in again.items()} == {
        image: one["answers"] for image, one in shard["images"].items()
    }


def test_an_output_without_a_meaning_has_no_answers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = Network.trace(module, (3, SIZE, SIZE), preprocess=small_network().preprocess, scores="none")
    made = build_atlas(net, Photos(3), tmp_path / "a", layers=["1"], k=2, workers=1)
    shard = read_script(made.path / "data" / "profiles" / "0.js")
    assert "answers" not in shard
    assert all(one.keys() == {"name", "label", "layers"} for one in shard["images"].values())
