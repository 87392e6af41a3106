"""Networks of one, four and thirteen channels through the whole tool: small, and real where one can be trained here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope import studies
from convscope.atlas import Atlas
from convscope.cli.app import main
from convscope.data import Preprocess, batches, load_pixels, look, open_source
from convscope.errors import ImageError, UsageError
from convscope.methods.inputs import images_for, preprocess_of

tifffile = pytest.importorskip("tifffile")
sklearn_datasets = pytest.importorskip("sklearn.datasets")


class Digits(nn.Sequential):
    """A digit recogniser for 8x8 grey images."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.Flatten(),
            nn.Linear(96, 10),
        )  # fmt: skip


def made_digits() -> Digits:
    """The network of the tests, which a file of weights is for."""
    return Digits()


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's digits, whose values go to 16, as an .npz file in MNIST's layout."""
    found = sklearn_datasets.load_digits()
    images, labels = found.images.astype(np.uint8), found.target
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x_train=images[:1400], y_train=labels[:1400], x_test=images[1400:], y_test=labels[1400:])
    return path


RECIPE = Preprocess(8, 8, mean=(0.3,), std=(0.35,), range=(0, 16))


@pytest.fixture(scope="module")
def recogniser(digits: Path) -> cs.Network:
    """A network of one channel that was trained here, on the pixels that the tool itself makes of the images."""
    torch.manual_seed(0)
    module, source = Digits(), open_source(f"npz:{digits}#train")
    parts = list(batches(source, RECIPE, size=200))
    x = RECIPE.normalise(torch.cat([part.images for part in parts]))
    y = torch.from_numpy(np.concatenate([part.labels for part in parts]))
    optimiser = torch.optim.Adam(module.parameters(), 3e-3)
    for _ in range(12):
        for rows in torch.randperm(len(x)).split(50):
            optimiser.zero_grad()
            nn.functional.cross_entropy(module(x[rows]), y[rows]).backward()
            optimiser.step()
    names = [str(n) for n in range(10)]
    return cs.Network.trace(module.eval(), (1, 8, 8), name="digits", preprocess=RECIPE, classes=names)


def test_a_grey_network_is_evaluated(recogniser: cs.Network, digits: Path) -> None:
    from convscope.training import evaluate

    found = evaluate(recogniser, open_source(f"npz:{digits}#test"))
    assert found.confusion.sum() == 397
    assert np.trace(found.confusion) / 397 > 0.9


def test_a_grey_network_is_scanned_and_its_strongest_are_true(recogniser: cs.Network, digits: Path) -> None:
    source = open_source(f"npz:{digits}#test")
    top = cs.scan(recogniser, source, layers=["4", "6"], k=3)
    x = torch.cat([RECIPE.normalise(b.images) for b in batches(source, RECIPE)])
    expected = recogniser.run(x, ["6"])["6"].topk(3, dim=0).values.T
    np.testing.assert_allclose(top["6"].topk.values, expected, rtol=1e-5, atol=1e-5)
    assert top["4"].topk.images.shape == (24, 3)
    assert "<img" in top["4"]._repr_html_()


def test_a_grey_network_is_occluded_and_projected(recogniser: cs.Network, digits: Path) -> None:
    source = open_source(f"npz:{digits}#test", limit=4)
    covered = cs.occlude(recogniser, source, size=2, stride=2)
    x = images_for(recogniser, source)
    assert x.shape == (4, 1, 8, 8)
    hidden = x.clone()
    hidden[:, :, :2, :2] = 0
    for row, target in enumerate(covered.found.targets[:, 0]):
        share = recogniser.run(hidden)[recogniser.output].softmax(1)[row, target]
        assert abs(float(covered.found.probability[row, 0, 0]) - float(share)) < 1e-5
    taken = cs.deconv(recogniser, source, "4:3")
    assert taken.pixels.shape[1] == 1
    assert taken.photos is not None
    assert np.array_equal(taken.photos[..., 0], taken.photos[..., 2])
    assert "<img" in taken._repr_html_()


def test_the_atlas_of_a_grey_network_is_grey(recogniser: cs.Network, digits: Path, tmp_path: Path) -> None:
    atlas = cs.build_atlas(recogniser, open_source(f"npz:{digits}#test", limit=60), tmp_path / "atlas")
    assert atlas.manifest["model"]["preprocess"]["range"] == [0.0, 16.0]
    unit = atlas.unit("4:3")
    # The photos of lossless tiles are the pixels themselves: one grey in all three colours, white where the digit is.
    assert np.array_equal(unit.photos[..., 0], unit.photos[..., 1])
    assert unit.photos.max() == 255
    assert np.abs(unit.projections[..., 0].astype(int) - unit.projections[..., 2]).max() == 0
    again = cs.build_atlas(recogniser, open_source(f"npz:{digits}#test", limit=60), tmp_path / "atlas")
    assert again.outcome == "unchanged"


def test_grey_networks_take_colour_photos_by_their_luma(recogniser: cs.Network) -> None:
    rgb = np.random.default_rng(0).integers(0, 17, (8, 8, 3), np.uint8)
    luma = rgb.astype(float) @ np.array([0.299, 0.587, 0.114])
    expected = (luma / 16 - 0.3) / 0.35
    np.testing.assert_allclose(images_for(recogniser, [rgb])[0, 0].numpy(), expected, rtol=1e-4, atol=1e-4)


# Bands


class Infrared(nn.Sequential):
    """Unit 0 of its first layer sees the eighth of its bands alone, unit 1 the first less the second."""

    def __init__(self, bands: int) -> None:
        super().__init__(nn.Conv2d(bands, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
        with torch.no_grad():
            conv = self[0]
            conv.weight.zero_()
            conv.bias.zero_()
            conv.weight[0, min(7, bands - 1)] = 1 / 9
            conv.weight[1, 0], conv.weight[1, 1] = 1 / 9, -1 / 9


def scenes(folder: Path, bands: int, count: int = 6) -> np.ndarray:
    """TIFF files of so many bands, of which the eighth (or the last) is bright in a square that moves."""
    rng = np.random.default_rng(bands)
    made = rng.integers(200, 2000, (count, 32, 32, bands), np.uint16)
    folder.mkdir()
    for number, scene in enumerate(made):
        scene[4 + 2 * number : 12 + 2 * number, 10:18, min(7, bands - 1)] = 9000
        if number % 2:
            planes = np.ascontiguousarray(scene.transpose(2, 0, 1))
            tifffile.imwrite(folder / f"{number}.tif", planes, photometric="minisblack", planarconfig="separate")
        else:
            tifffile.imwrite(folder / f"{number}.tif", scene, photometric="minisblack", planarconfig="contig")
    return made


def infrared(bands: int, /, **about: object) -> cs.Network:
    recipe = Preprocess(32, 32, mean=(0.1,) * bands, std=(0.2,) * bands, range=(0, 10000), **about)  # type: ignore[arg-type]
    return cs.Network.trace(Infrared(bands).eval(), (bands, 32, 32), name=f"infrared{bands}", preprocess=recipe)


@pytest.mark.parametrize("bands", [4, 13])
def test_bands_from_files_to_the_network(tmp_path: Path, bands: int) -> None:
    made, net = scenes(tmp_path / "scenes", bands), infrared(bands)
    source = open_source(tmp_path / "scenes")
    x = images_for(net, source)
    expected = (torch.from_numpy(made.astype(np.float32) / 10000) - 0.1) / 0.2
    torch.testing.assert_close(x, expected.permute(0, 3, 1, 2), rtol=1e-4, atol=1e-4)
    top = cs.scan(net, source, layers=["1"], k=6)
    strongest = net.run(x, ["1"])["1"].amax((2, 3)).T.sort(descending=True).values
    np.testing.assert_allclose(top["1"].topk.values, strongest, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("bands", [4, 13])
def test_a_projection_has_as_many_channels_and_is_in_those_that_the_unit_sees(tmp_path: Path, bands: int) -> None:
    scenes(tmp_path / "scenes", bands)
    found = cs.deconv(infrared(bands), open_source(tmp_path / "scenes"), "1:0")
    assert found.pixels.shape == (6, bands, 3, 3)
    energy = found.pixels.square().sum((0, 2, 3))
    assert energy.argmax() == min(7, bands - 1)
    assert energy.sum() == energy.max()


def test_the_atlas_of_many_bands_shows_those_that_are_asked_for(tmp_path: Path) -> None:
    made, net = scenes(tmp_path / "scenes", 13), infrared(13, bands=(8, 3, 2))
    atlas = cs.build_atlas(net, open_source(tmp_path / "scenes"), tmp_path / "atlas", layers=["1"])
    assert atlas.manifest["model"]["preprocess"]["bands"] == [8, 3, 2]
    unit = atlas.unit("1:0")
    image, (y0, x0, y1, x1) = int(unit.images[0]), unit.boxes[0]
    expected = np.rint(np.clip(made[image, y0:y1, x0:x1][..., [7, 2, 1]] / 10000 * 255, 0, 255))
    assert np.abs(unit.photos[0].astype(int) - expected).max() <= 1
    # Of thirteen channels the sum is shown, as grey.
    assert np.array_equal(unit.projections[0][..., 0], unit.projections[0][..., 1])


def test_occlusion_diagnosis_and_invariance_take_bands(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 13)
    net, source = infrared(13), open_source(tmp_path / "scenes")
    covered = cs.occlude(net, source, size=8, stride=8)
    assert covered.found.probability.shape == (6, 4, 4)
    assert cs.occlude(net, source, size=8, stride=8, fill=(127.5,)).found.probability.shape == (6, 4, 4)
    with pytest.raises(UsageError, match="3 numbers does not fit images of 13 channels"):
        cs.occlude(net, source, size=8, stride=8, fill=(1.0, 2.0, 3.0))
    assert cs.diagnose(net, source) is not None
    assert cs.invariance(net, images_for(net, source)) is not None


def test_other_numbers_of_channels_are_counted_and_said(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 4)
    source = open_source(tmp_path / "scenes")
    (part,) = batches(source, preprocess_of(infrared(13)))
    assert len(part) == 0
    assert all("it has 4 channels, and the network takes 13" in failure.reason for failure in part.failures)


# Ranges


def test_the_range_of_a_collection_is_found_and_recorded(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 4)
    source = open_source(tmp_path / "scenes")
    recipe = Preprocess(32, 32, mean=(0.1,) * 4, std=(0.2,) * 4, range="collection")
    net = cs.Network.trace(Infrared(4).eval(), (4, 32, 32), preprocess=recipe)
    low, high = 200.0, 9000.0
    pixels = load_pixels(source, 0, recipe)
    assert (round(float(pixels.min()), 3), float(pixels.max())) == (0, 255)
    atlas = cs.build_atlas(net, source, tmp_path / "atlas", layers=["1"])
    assert atlas.manifest["model"]["preprocess"]["range"] == [low, high]
    assert preprocess_of(net, open_source(tmp_path / "scenes", limit=2)).range == (low, high)


def test_a_dataset_that_is_normalised_already_is_used_as_it_is() -> None:
    class Normalised(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return torch.randn(3, 24, 24, generator=torch.Generator().manual_seed(index)), 0

    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    plain = cs.Network.trace(module, (3, 24, 24), preprocess=Preprocess(24, 24))
    source = open_source(Normalised())
    with pytest.raises(ImageError, match='range="normalised"'):
        load_pixels(source, 0, preprocess_of(plain))
    as_is = cs.Network.trace(module, (3, 24, 24), preprocess=Preprocess(24, 24, range="normalised"))
    top = cs.scan(as_is, source, layers=["1"], k=2)
    x = torch.stack([Normalised()[i][0] for i in range(5)])
    np.testing.assert_allclose(
        top["1"].topk.values[:, 0], as_is.run(x, ["1"])["1"].amax((0, 2, 3)), rtol=1.3e-6, atol=1e-5
    )


# What is asked for, in the words of the place


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A factory of a grey network in a module of the current folder."""
    (tmp_path / "grey_factory.py").write_text(
        "from torch import nn\n\n"
        "def make():\n    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))\n"
    )
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4).save(tmp_path / "photo.png")
    return tmp_path


SPEC = "py:grey_factory:make"


def test_channels_are_read_off_the_first_convolution(weights: Path) -> None:
    assert cs.load(SPEC, input_size=8).input_shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("about", "mean", "std"),
    [
        ({"preprocess": "unit"}, (0.0,), (1.0,)),
        ({"mean": 0.1307, "std": 0.3081}, (0.1307,), (0.3081,)),
        ({"mean": [0.1307], "std": (0.3081,)}, (0.1307,), (0.3081,)),
    ],
)
def test_what_is_asked_for_becomes_the_preprocessing(
    weights: Path, about: dict[str, object], mean: tuple[float], std: tuple[float]
) -> None:
    recipe = cs.load(SPEC, input_size=8, **about).preprocess  # type: ignore[arg-type]
    assert (recipe.mean, recipe.std, recipe.height) == (mean, std, 8)


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"preprocess": "imagenet"}, "three channels, and the network takes 1"),
        ({"mean": (0.5, 0.4, 0.3), "std": 0.2}, "3 numbers for the mean or std, and the network takes 1 channel"),
        ({"mean": 0.5}, "belong together"),
        ({"preprocess": "units"}, "did you mean 'unit'"),
        ({"preprocess": "unit", "mean": 0.5, "std": 1.0}, "leave out"),
        ({"preprocess": Preprocess(8, 8)}, "for 3 channels, and the network takes 1"),
    ],
)
def test_what_does_not_fit_is_refused(weights: Path, about: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cs.load(SPEC, input_size=8, **about)  # type: ignore[arg-type]


def test_a_network_traced_with_a_name_has_that_preprocessing() -> None:
    net = cs.Network.trace(nn.Conv2d(2, 3, 3), (2, 8, 8), preprocess="unit")
    assert preprocess_of(net).std == (1.0, 1.0)


def test_the_command_line_asks_in_its_own_words_and_takes_the_answer(
    weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["deconv", SPEC, "photo.png", "--units", "1:2", "--input-size", "8", "-o", "out", "--json"]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert "brings no preprocessing" in said
    for option in ("--preprocess imagenet", "--preprocess unit", "--mean 0.1307 and --std 0.3081"):
        assert option in said
    assert main([*asked, "--mean", "0.1307", "--std", "0.3081"]) == 0
    first = json.loads(capsys.readouterr().out)
    other = ["unit" if one == "out" else one for one in asked]
    assert main([*other, "--preprocess", "unit", "--range", "0:255"]) == 0
    assert json.loads(capsys.readouterr().out)["projections"][0]["value"] != first["projections"][0]["value"]
    (weights / "recipe.json").write_text(json.dumps({"height": 8, "width": 8, "mean": [0.1307], "std": [0.3081]}))
    assert main([*asked, "--preprocess", "recipe.json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert main([*asked, "--preprocess", "nothing.json"]) == 2
    assert "neither imagenet nor unit" in capsys.readouterr().err


def test_a_zoo_network_for_other_channels_asks_for_its_colours() -> None:
    net = cs.load("zoo:zfnet", in_channels=2, input_size=64, classes=3)
    assert net.input_shape == (2, 64, 64)
    with pytest.raises(UsageError, match=r"brings no preprocessing.*2 numbers or one for all"):
        preprocess_of(net)
    with pytest.raises(UsageError, match="weights of its own for 3 channels"):
        cs.load("zoo:squeezenet1_1", in_channels=4)


def test_timm_builds_for_as_many_channels_as_are_asked_for(torchvision: object) -> None:
    pytest.importorskip("timm")
    net = cs.load("timm:resnet18", in_channels=4, classes=2, mean=0.2, std=0.1)
    assert net.input_shape[0] == 4
    assert preprocess_of(net).mean == (0.2,) * 4


def test_the_page_of_an_atlas_with_thirteen_bands_opens_again(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 13)
    made = cs.build_atlas(infrared(13), open_source(tmp_path / "scenes"), tmp_path / "atlas", layers=["1"])
    assert Atlas.open(made.path).unit("1:1").photos.shape[-1] == 3


def test_the_atlas_keeps_each_channel_by_itself(tmp_path: Path) -> None:
    from convscope.atlas.sprites import SpriteGrid, decode_picture, take_apart

    made, net = scenes(tmp_path / "scenes", 13), infrared(13, bands=(8, 3, 2))
    atlas = cs.build_atlas(net, open_source(tmp_path / "scenes"), tmp_path / "atlas", layers=["1"], k=4)
    entry = atlas.manifest["layers"][0]
    path = atlas.path / f"pictures/{entry['id']}/bands-0.webp"
    assert atlas.manifest["paths"]["bands"] == "pictures/{layer}/bands-{channel}.webp"
    assert atlas.manifest["model"]["shown"] == [8, 3, 2]
    grid, unit = SpriteGrid.from_json(entry["bands"]), atlas.unit("1:0")
    (cells,) = take_apart(decode_picture(path.read_bytes()), grid, 13 * 5)
    for rank in range(4):
        image, (y0, x0, y1, x1) = int(unit.images[rank]), unit.boxes[rank]
        for band in (0, 7, 12):
            expected = np.rint(made[image, y0:y1, x0:x1, band] / 10000 * 255)
            assert np.abs(cells[band * 4 + rank][..., 0].astype(int) - expected).max() <= 1
    # What the unit takes is all in the eighth: the others are the grey of zero.
    flat = [int(np.abs(cells[13 * 4 + band][..., 0].astype(int) - 128).max()) for band in range(13)]
    assert [band for band, most in enumerate(flat) if most] == [7]
    assert "bands-0.webp" in (atlas.path / "inventory.json").read_text()


def test_an_export_takes_the_channels_along(tmp_path: Path) -> None:
    from convscope.atlas.export import export_atlas

    scenes(tmp_path / "scenes", 13)
    atlas = cs.build_atlas(infrared(13), open_source(tmp_path / "scenes"), tmp_path / "atlas", layers=["1"])
    export_atlas(atlas.path, tmp_path / "copy", form="folder")
    assert sorted(path.name for path in (tmp_path / "copy").rglob("bands-*.webp")) == ["bands-0.webp", "bands-1.webp"]


# The rest of the tool


def test_a_grey_network_is_trained_followed_and_evaluated(digits: Path, tmp_path: Path) -> None:
    changes = {
        "input_size": 64, "width": 0.1, "without": [3, 4, 7], "widths": {"6": 32}, "in_channels": 1, "range": [0, 16],
        "base": "alexnet", "epochs": 2, "batch": 50, "padding": 0, "schedule": "cosine", "init": "he", "flips": False,
        "mean_images": 200,
    }  # fmt: skip
    with pytest.raises(UsageError, match="in_channels is a number from 1"):
        studies.train("imagenette-zfnet", f"npz:{digits}", tmp_path / "none", changes={**changes, "in_channels": 0})
    done = studies.train("imagenette-zfnet", f"npz:{digits}", tmp_path / "run", changes=changes, limit=300)
    last = done.checkpoints[2]
    net = cs.load(f"file:{last}")
    assert net.input_shape == (1, 64, 64)
    assert (net.preprocess.channels, net.preprocess.range) == (1, (0.0, 16.0))
    found = studies.evaluate(net, f"npz:{digits}#test")
    assert found.to_json()
    history = studies.evolve(tmp_path / "run", f"npz:{digits}#test", layers=["relu1"], units=2, limit=40, sample=20)
    assert history.found.units[0].pixels.shape[1] == 1
    history.save(tmp_path / "history")
    assert list((tmp_path / "history").rglob("*.png"))


def test_copies_are_found_among_rasters(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 13)
    (tmp_path / "scenes" / "copy.tif").write_bytes((tmp_path / "scenes" / "1.tif").read_bytes())
    found = studies.overlap(str(tmp_path / "scenes"), threshold=0.9)
    assert {(pair.name_a, pair.name_b) for pair in found.found.pairs} == {("1.tif", "copy.tif")}


def test_figures_of_bands_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    scenes(tmp_path / "scenes", 13, count=2)
    net, source = infrared(13, bands=(8, 3, 2)), open_source(tmp_path / "scenes")
    cs.occlude(net, source, size=8, stride=8, store=tmp_path / "occlusion")
    cs.invariance(net, source, store=tmp_path / "invariance")
    cs.diagnose(net, source, store=tmp_path / "diagnosis")
    for name in ("occlusion", "invariance", "diagnosis"):
        assert list((tmp_path / name).rglob("*.png")), name


def test_parts_of_bands_correspond(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 13)
    rows = [f"{n}.tif,square,{4 + 2 * n},10,{12 + 2 * n},18" for n in range(6)]
    rows += [f"{n}.tif,corner,24,24,32,32" for n in range(6)]
    (tmp_path / "parts.csv").write_text("\n".join(["image,part,y0,x0,y1,x1", *rows]) + "\n")
    found = studies.correspond(infrared(13), tmp_path / "scenes", tmp_path / "parts.csv", layers=["1"], draws=10)
    assert found.rows()


def test_rasters_are_shown_to_whoever_marks_parts(tmp_path: Path) -> None:
    scenes(tmp_path / "scenes", 13, count=1)
    shown = look((tmp_path / "scenes" / "0.tif").read_bytes())
    assert shown.shape == (32, 32, 3)
    assert shown.max() == 255


def test_windows_of_a_raster_are_scanned_and_named(tmp_path: Path) -> None:
    scene = np.random.default_rng(0).integers(200, 2000, (96, 128, 13), np.uint16)
    scene[40:48, 70:78, 7] = 9000
    tifffile.imwrite(tmp_path / "scene.tif", scene, photometric="minisblack", planarconfig="contig", tile=(32, 32))
    source = open_source(f"tiles:{tmp_path}/scene.tif", tile_size=32)
    top = cs.scan(infrared(13), source, layers=["1"], k=1)
    assert source.name(int(top["1"].topk.images[0, 0])) == "scene.tif@32,64"
