"""Networks from elsewhere: torchvision, timm, transformers, Python functions, exported programs."""

import importlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.error import URLError

import pytest
import torch
from torch import nn

from convscope.data import Preprocess
from convscope.errors import MissingExtra, ShapeError, TraceError, UsageError, WeightsError
from convscope.models import from_timm, from_torchvision, from_transformers
from convscope.models.loading import load
from convscope.models.request import ModelRequest
from convscope.models.tiny import random_tiny
from convscope.models.weights import save_weights

SIZE = 64


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads fail at once, in words and not after five trials."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise URLError("no network here")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


# -- torchvision ------------------------------------------------------------------------------------------------------
def test_torchvision_network_is_random_unless_asked(torchvision: ModuleType, offline: None) -> None:
    net = load("torchvision:resnet18", input_size=SIZE)
    assert net.name == "torchvision:resnet18 (random weights, seed 0)"
    assert net.classes is None
    assert net.fingerprint == load("torchvision:resnet18", input_size=SIZE, weights="random").fingerprint
    assert net.fingerprint != load("torchvision:resnet18", input_size=SIZE, seed=1).fingerprint


def test_torchvision_recipe_is_that_of_its_best_weights(torchvision: ModuleType) -> None:
    recipe = load("torchvision:resnet50", input_size=224, classes=2).preprocess
    assert recipe == Preprocess(224, 224, resize=232)
    found = from_torchvision._preprocess(torchvision.models.EfficientNet_B3_Weights.DEFAULT)
    assert found == Preprocess(300, 300, resize=320, interpolation="bicubic")


def test_torchvision_weights_of_a_file(torchvision: ModuleType, tmp_path: Path) -> None:
    module = torchvision.models.resnet18(weights=None, num_classes=3).eval()
    torch.save(module.state_dict(), tmp_path / "mine.pth")
    net = load("torchvision:resnet18", weights=tmp_path / "mine.pth", classes=["a", "b", "c"], input_size=SIZE)
    x = torch.randn(1, 3, SIZE, SIZE)
    assert torch.allclose(net.run(x, ["fc"])["fc"], module(x), atol=1e-5)
    with pytest.raises(WeightsError, match=r"fc.weight 3x512 where the model has 1000x512.*classes="):
        load("torchvision:resnet18", weights=tmp_path / "mine.pth", input_size=SIZE)


def test_file_with_a_published_name_is_known(torchvision: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "resnet18-f37072fd.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    net = load("torchvision:resnet18", weights=path, input_size=SIZE)
    assert net.classes is not None
    assert net.classes[0] == "tench"


def test_published_weights_are_fetched_without_running_them(
    torchvision: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def fetch(url: str, **options: object) -> dict[str, torch.Tensor]:
        asked.update(options, url=url)
        return torchvision.models.resnet18(weights=None).state_dict()

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    for spec, weights in (
        ("torchvision:resnet18@IMAGENET1K_V1", None),
        ("torchvision:resnet18@DEFAULT", None),
        ("torchvision:resnet18@ResNet18_Weights.IMAGENET1K_V1", None),
        ("torchvision:resnet18", "pretrained"),
        ("torchvision:resnet18", "IMAGENET1K_V1"),
    ):
        asked.clear()
        net = load(spec, weights=weights, input_size=SIZE)
        assert asked["url"].endswith("/resnet18-f37072fd.pth")
        assert asked["weights_only"] is True
        assert asked["check_hash"] is True
        assert net.classes is not None
        assert len(net.classes) == 1000
        assert net.name == f"{spec} (weights from resnet18-f37072fd.pth)"


@pytest.mark.slow
def test_old_names_of_densenet_are_known(torchvision: ModuleType, tmp_path: Path) -> None:
    state = torchvision.models.densenet121(weights=None, num_classes=2).state_dict()
    old = {}
    for name, value in state.items():
        for part in ("norm1", "norm2", "conv1", "conv2"):
            name = name.replace(f".{part}.", f".{part[:-1]}.{part[-1]}.") if "denselayer" in name else name
        old[name] = value
    assert old.keys() != state.keys()
    torch.save(old, tmp_path / "old.pth")
    net = load("torchvision:densenet121", weights=tmp_path / "old.pth", classes=2, input_size=SIZE)
    torch.save(state, tmp_path / "new.pth")
    new = load("torchvision:densenet121", weights=tmp_path / "new.pth", classes=2, input_size=SIZE)
    assert net.fingerprint == new.fingerprint


@pytest.mark.slow
def test_auxiliary_outputs_are_taken_from_files_and_not_run(torchvision: ModuleType, tmp_path: Path) -> None:
    module = torchvision.models.googlenet(weights=None, num_classes=2, init_weights=False, aux_logits=True)
    torch.save(module.state_dict(), tmp_path / "a.pth")
    net = load("torchvision:googlenet", weights=tmp_path / "a.pth", classes=2, input_size=SIZE)
    assert net.output == "fc"
    assert not any(layer.name.startswith("aux") for layer in net.layers)


@pytest.mark.parametrize(
    ("spec", "weights", "message"),
    [
        ("torchvision:resnet19", None, "no classification network 'resnet19'; did you mean 'resnet18'"),
        ("torchvision:fasterrcnn_resnet50_fpn", None, "no classification network"),
        ("torchvision:resnet18@IMAGENET1K_V9", None, r"no weights 'IMAGENET1K_V9' for resnet18.*there are: DEFAULT"),
        ("torchvision:resnet18@DEFAULT", "a.pth", "names weights, and weights='a.pth' too"),
    ],
)
def test_torchvision_names_that_do_not_exist(torchvision: ModuleType, spec: str, weights, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(spec, weights=weights)


def test_download_that_fails_says_what_else_to_do(torchvision: ModuleType, offline: None) -> None:
    with pytest.raises(
        WeightsError, match=r"cannot download https://.*no network here.*weights='resnet18-f37072fd.pth'"
    ):
        load("torchvision:resnet18", weights="pretrained")


def test_torchvision_of_another_build_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(from_torchvision, "importlib", SimpleNamespace(import_module=fail))
    with pytest.raises(MissingExtra, match=r"does not fit torch 2.*nms does not exist.*--index-url https://download"):
        load("torchvision:resnet18")


@pytest.mark.parametrize(
    "raised",
    [
        "RuntimeError('operator torchvision::nms does not exist')",
        "AttributeError(\"partially initialized module 'torchvision' has no attribute 'extension'\")",
    ],
)
@pytest.mark.parametrize("where", ["", "def net():\n    "])
def test_code_of_ones_own_that_imports_such_a_torchvision_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, where: str
) -> None:
    name = f"nets_without_torchvision_{len(raised)}_{len(where)}"
    (tmp_path / f"{name}.py").write_text(f"{where}raise {raised}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingExtra, match=rf"needed to make py:{name}:net, .* does not fit torch 2.*--index-url"):
        load(f"py:{name}:net")


def test_missing_torchvision_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torchvision'", name="torchvision")

    monkeypatch.setattr(from_torchvision, "importlib", SimpleNamespace(import_module=fail))
    with pytest.raises(MissingExtra, match=r"install 'convscope\[torchvision\]'"):
        load("torchvision:resnet18")


# -- timm -------------------------------------------------------------------------------------------------------------
def test_timm_network_is_random_unless_asked(timm: ModuleType, offline: None) -> None:
    net = load("timm:test_resnet", classes=5)
    assert net.name == "timm:test_resnet (random weights, seed 0)"
    assert net.layers[net.output].channels == 5
    assert net.preprocess == Preprocess(160, 160, resize=168, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def test_timm_weights_of_a_file(timm: ModuleType, tmp_path: Path) -> None:
    module = timm.create_model("test_resnet", num_classes=4).eval()
    note = {"classes": ["a", "b", "c", "d"]}
    save_weights(tmp_path / "a.safetensors", module.state_dict(), note)
    net = load("timm:test_resnet", weights=tmp_path / "a.safetensors")
    x = torch.randn(1, 3, 160, 160)
    assert torch.allclose(net.run(x)[net.output], module(x), atol=1e-5)
    assert net.classes == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [
        ({}, Preprocess(96, 96, resize=109, interpolation="bicubic")),
        ({"crop_mode": "squash", "crop_pct": 0.9}, Preprocess(96, 96, resize=(106, 106), interpolation="bicubic")),
        ({"crop_pct": 1.0}, Preprocess(96, 96, resize=96, interpolation="bicubic")),
        ({"crop_mode": "border"}, None),
        ({"crop_pct": 1.15}, None),
        ({"input_size": (1, 96, 96)}, None),
        ({"input_size": (3, 96, 128)}, None),
    ],
)
def test_timm_configurations(timm: ModuleType, cfg, expected) -> None:
    usual = {"input_size": (3, 96, 96), "crop_pct": 0.875, "crop_mode": "center", "interpolation": "bicubic"}
    usual |= {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    assert from_timm._preprocess(timm, SimpleNamespace(pretrained_cfg=usual | cfg)) == expected


def test_timm_names_that_do_not_exist(timm: ModuleType) -> None:
    with pytest.raises(UsageError, match="no network 'resnet19'; did you mean 'resnet18'"):
        load("timm:resnet19")
    with pytest.raises(UsageError, match=r"no weights 'resnet18.a9_in1k'.*there are: resnet18\.a1_in1k"):
        load("timm:resnet18.a9_in1k")
    with pytest.raises(UsageError, match="no network 'hf-hub:timm/resnet18'"):
        load("timm:hf-hub:timm/resnet18")


# -- transformers -----------------------------------------------------------------------------------------------------
@pytest.fixture
def repository(torchvision: ModuleType, tmp_path: Path) -> Iterator[Path]:
    """A folder with a small ResNet of transformers and its image processor's configuration."""
    transformers = pytest.importorskip("transformers")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", id2label={0: "cat", 1: "dog"}
    )
    folder = tmp_path / "repository"
    transformers.utils.logging.disable_progress_bar()
    transformers.ResNetForImageClassification(config).save_pretrained(folder)
    processor = {"size": {"shortest_edge": 48}, "crop_pct": 0.875, "resample": 3, "do_resize": True}
    processor |= {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.2], "rescale_factor": 1 / 255}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    yield folder
    transformers.utils.logging.enable_progress_bar()


def test_transformers_network_of_a_folder(repository: Path, offline: None, capfd: pytest.CaptureFixture[str]) -> None:
    import transformers

    net = load(f"hf:{repository}")
    assert net.classes == ("cat", "dog")
    assert net.preprocess == Preprocess(
        48, 48, resize=54, interpolation="bicubic", mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.2)
    )
    assert "resnet.embedder.embedder.convolution" in net.layers
    module = transformers.AutoModelForImageClassification.from_pretrained(repository).eval()
    capfd.readouterr()
    x = torch.randn(2, 3, 48, 48)
    assert torch.allclose(net.run(x)[net.output], module(x).logits, atol=1e-5)


def test_transformers_says_nothing_while_loading(
    repository: Path, offline: None, capfd: pytest.CaptureFixture[str]
) -> None:
    import transformers

    transformers.utils.logging.enable_progress_bar()
    load(f"hf:{repository}")
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.is_progress_bar_enabled()


def test_transformers_network_with_other_weights(repository: Path, tmp_path: Path, offline: None) -> None:
    trained = load(f"hf:{repository}")
    random = load(f"hf:{repository}", weights="random", seed=4)
    assert random.name.endswith("(random weights, seed 4)")
    assert random.fingerprint != trained.fingerprint
    again = load(f"hf:{repository}", weights=repository / "model.safetensors")
    assert again.fingerprint == trained.fingerprint


EVIL = "from pathlib import Path\nPath({mark!r}).touch()\nraise ImportError('this code ran')\n"


@pytest.fixture
def agreeing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever asks is told yes; the questions."""
    questions: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question="": questions.append(question) or "y")
    return questions


@pytest.mark.parametrize("weights", [None, "random", "file"])
@pytest.mark.parametrize(
    "maps", [["AutoConfig", "AutoModelForImageClassification"], ["AutoModelForImageClassification"]]
)
def test_code_of_a_repository_is_not_run(
    repository: Path, tmp_path: Path, offline: None, agreeing: list[str], maps: list[str], weights: str | None
) -> None:
    mark = tmp_path / "mark"
    (repository / "evil.py").write_text(EVIL.format(mark=str(mark)))
    config = json.loads((repository / "config.json").read_text())
    # Of a kind that transformers has, but not for images; and of one that it has not.
    config |= {"model_type": "evil" if "AutoConfig" in maps else "bert"}
    config |= {"auto_map": {name: f"evil.{name}" for name in maps}}
    (repository / "config.json").write_text(json.dumps(config))
    file = repository / "model.safetensors" if weights == "file" else weights
    with pytest.raises(WeightsError) as caught:
        load(f"hf:{repository}", weights=file)
    assert not mark.exists()
    assert agreeing == []
    assert "code of its own (evil." in str(caught.value)
    assert "py:package.module:factory" in str(caught.value)


def test_a_known_network_is_built_without_the_code_that_it_brings(
    repository: Path, tmp_path: Path, offline: None, agreeing: list[str]
) -> None:
    before = load(f"hf:{repository}").fingerprint
    (repository / "evil.py").write_text(EVIL.format(mark=str(tmp_path / "mark")))
    config = json.loads((repository / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.C", "AutoModelForImageClassification": "evil.M"}
    (repository / "config.json").write_text(json.dumps(config))
    assert load(f"hf:{repository}").fingerprint == before
    assert not (tmp_path / "mark").exists()
    assert agreeing == []


@pytest.mark.parametrize(
    ("nested", "key"),
    [("top", "attn_implementation"), ("inner", "attn_implementation"), ("top", "_attn_implementation_internal")],
)
def test_kernels_from_elsewhere_are_not_fetched(repository: Path, offline: None, nested: str, key: str) -> None:
    config = json.loads((repository / "config.json").read_text())
    asked = {key: "somebody/kernel:forward"}
    config |= asked if nested == "top" else {"backbone_config": [asked]}
    (repository / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match=r"needs a kernel from elsewhere \(somebody/kernel:forward\)"):
        load(f"hf:{repository}")


@pytest.mark.parametrize("text", ["[]", "3", "{", '{"auto_map": 3}', '{"model_type": []}', "[" * 100_000])
def test_a_configuration_that_is_none_is_explained(repository: Path, offline: None, text: str) -> None:
    (repository / "config.json").write_text(text)
    with pytest.raises(WeightsError, match="cannot load hf:"):
        load(f"hf:{repository}")


def test_model_without_a_classifier_is_refused(repository: Path, offline: None) -> None:
    from safetensors.torch import load_file, save_file

    path = repository / "model.safetensors"
    trunk = {name: value for name, value in load_file(path).items() if not name.startswith("classifier")}
    save_file(trunk, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks weights of its own model, such as classifier\.1\.bias"):
        load(f"hf:{repository}")


def test_mistyped_path_is_no_name_on_the_hub(torchvision: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    for name in ("./nothing", str(tmp_path / "nothing"), "a/b/c", "~/nothing-at-all"):
        with pytest.raises(UsageError, match="there is no folder"):
            load(f"hf:{name}")


def test_folder_without_a_model_is_explained(torchvision: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(WeightsError, match=r"must hold config\.json and model\.safetensors"):
        load(f"hf:{tmp_path}")


def test_missing_transformers_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_transformers, "package_folder", lambda package: None)
    with pytest.raises(MissingExtra, match=r"install 'convscope\[hf\]'"):
        load("hf:owner/name")


COLOURS = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3}


def test_values_of_a_configuration_that_are_none_are_explained(repository: Path, offline: None) -> None:
    odd = {
        "config.json": [("layer_type", "x"), ("depths", "x"), ("embedding_size", float("nan")), ("num_channels", []),
                        ("dtype", []), ("id2label", {"7": "a"})],
        "preprocessor_config.json": [(None, []), (None, 3), ("image_std", [[]]), ("rescale_factor", {}),
                                     ("rescale_factor", "x"), ("size", {"height": "x", "width": None})],
    }  # fmt: skip
    for name, edits in odd.items():
        good = json.loads((repository / name).read_text())
        for key, value in edits:
            (repository / name).write_text(json.dumps(value if key is None else good | {key: value}))
            with pytest.raises((WeightsError, UsageError)):
                load(f"hf:{repository}")
        (repository / name).write_text("[" * 100_000 if name.startswith("pre") else json.dumps(good))
    with pytest.raises(WeightsError, match="cannot load hf:"):
        load(f"hf:{repository}")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"size": {"height": 30, "width": 40}}, {"height": 30, "width": 40}),
        ({"size": 30}, {"height": 30, "width": 30}),
        (
            {"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": {"height": 32, "width": 32}},
            {"height": 32, "width": 32, "resize": 40},
        ),
        (
            {"size": {"height": 40, "width": 40}, "do_center_crop": True, "crop_size": 32},
            {"height": 32, "width": 32, "resize": (40, 40)},
        ),
        ({"size": {"shortest_edge": 384}, "crop_pct": 0.875}, {"height": 384, "width": 384}),
        ({"size": 8, "do_rescale": False}, {"height": 8, "width": 8, "scale": 1.0}),
        ({"size": 8, "do_normalize": False}, {"height": 8, "width": 8, "mean": (0.0,) * 3, "std": (1.0,) * 3}),
        ({"size": {"shortest_edge": 40}}, None),  # rectangles of all shapes
        ({"size": {"longest_edge": 40}}, None),
        ({"size": 8, "do_resize": False}, None),
        ({"size": 8, "resample": 77}, None),
        ({}, None),
    ],
)
def test_image_processors(config, expected) -> None:
    found = from_transformers._preprocess({"resample": 2, **COLOURS, **config})
    usual = {"mean": (0.5,) * 3, "std": (0.25,) * 3, "interpolation": "bilinear"}
    assert found == (None if expected is None else Preprocess(**(usual | expected)))


# -- Python -----------------------------------------------------------------------------------------------------------
NETS = """
import torch
from convscope.data import Preprocess
from convscope.models.tiny import random_tiny

def small():
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

def flat():
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))

def with_recipe():
    return small(), Preprocess(20, 24)

def wrong():
    return "a network"

def wide(width, *, kind, deep=2):
    return small()

def signal():
    return torch.nn.Sequential(torch.nn.Conv1d(12, 4, 5), torch.nn.ReLU())

def volume():
    return torch.nn.Sequential(torch.nn.Conv3d(1, 4, 3), torch.nn.ReLU())

class Holder:
    net = small

ready = random_tiny(seed=2)
number = 3

def broken():
    raise ZeroDivisionError("the user's own error")
"""


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "my_nets.py").write_text(NETS)
    (tmp_path / "needy.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    yield importlib.import_module("types")
    assert sys.path == before
    sys.modules.pop("my_nets", None)


def test_function_in_the_current_folder(nets: ModuleType) -> None:
    net = load("py:my_nets:with_recipe")
    assert net.input_shape == (3, 20, 24)
    assert net.preprocess == Preprocess(20, 24)
    assert net.fingerprint == load("py:my_nets:with_recipe").fingerprint
    assert net.fingerprint != load("py:my_nets:with_recipe", seed=1).fingerprint


def test_function_that_says_nothing_of_images(nets: ModuleType) -> None:
    with pytest.raises(UsageError, match="does not say how large its images are: give input_size="):
        load("py:my_nets:small")
    assert load("py:my_nets:small", input_size=(12, 9)).input_shape == (3, 12, 9)
    with pytest.raises(
        UsageError, match=r"images are \(its layers fit images of 8x8 or 9x9 alone\): .* such as input_size=8 "
    ):
        load("py:my_nets:flat")
    with pytest.raises(TraceError, match=r"cannot take images of 28x28: its layers fit images of 8x8 or 9x9 alone"):
        load("py:my_nets:flat", input_size=28)
    for name, why in (("signal", "is one-dimensional"), ("volume", "is three-dimensional")):
        with pytest.raises(TraceError, match=f"{why}.*Where it takes images all the same, say .* input_size="):
            load(f"py:my_nets:{name}")


def test_values_that_are_the_input_already_need_no_preprocessing(nets: ModuleType) -> None:
    recipe = load("py:my_nets:small", input_size=9, range="normalised").preprocess
    assert recipe == Preprocess(9, 9, mean=(0.0,) * 3, std=(1.0,) * 3, range="normalised")
    with_numbers = load("py:my_nets:with_recipe", range="normalised").preprocess
    assert with_numbers == Preprocess(20, 24, range="normalised")
    assert load("py:my_nets:small", input_size=9, range=(0, 4095)).preprocess is None
    assert load("py:my_nets:Holder.net", input_size=9).preprocess is None


def test_module_that_exists_is_left_as_it_was(nets: ModuleType, tmp_path: Path) -> None:
    torch.save(random_tiny(seed=7).state_dict(), tmp_path / "w.pth")
    net = load("py:my_nets:ready", weights="w.pth", input_size=32)
    ready = sys.modules["my_nets"].ready
    assert torch.equal(ready.fc.weight, random_tiny(seed=2).fc.weight)
    x = torch.randn(1, 3, 32, 32)
    assert torch.allclose(net.run(x, ["fc"])["fc"], random_tiny(seed=7)(x), atol=1e-6)


def test_network_does_not_change_with_the_users_module(nets: ModuleType) -> None:
    net = load("py:my_nets:ready", input_size=32)
    with torch.no_grad():
        sys.modules["my_nets"].ready.fc.weight.zero_()
    x = torch.randn(1, 3, 32, 32)
    assert torch.allclose(net.run(x, ["fc"])["fc"], random_tiny(seed=2)(x), atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("py:my_nets", "must name a module and a function"),
        ("py:no_such_module:f", "no Python module 'no_such_module' in"),
        ("py:my_nets.deeper:f", "no Python module 'my_nets.deeper'"),
        ("py:my_nets.py:small", "no Python module 'my_nets.py' in .*; did you mean 'py:my_nets:small'"),
        ("my_nets.py:small", "did you mean 'py:my_nets:small'"),
        (
            "py:my_nets:wide",
            r"takes width, kind, and is called without.*`def net\(\): return wide\(width=..., kind=...\)`",
        ),
        ("py:my_nets:smal", "'my_nets' has no 'smal'; did you mean 'small'"),
        ("py:my_nets:wrong", "gave a str: a torch.nn.Module is needed"),
        ("py:my_nets:number", "gave a int: a torch.nn.Module is needed"),
    ],
)
def test_python_names_that_lead_nowhere(nets: ModuleType, spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(spec)


def test_errors_of_the_users_code_are_passed_on(nets: ModuleType) -> None:
    with pytest.raises(ZeroDivisionError, match="the user's own error"):
        load("py:my_nets:broken")
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        load("py:needy:f")


def test_function_decides_on_its_weights(nets: ModuleType) -> None:
    with pytest.raises(UsageError, match="takes no weights='pretrained'"):
        load("py:my_nets:small", weights="pretrained", input_size=9)


# -- exported programs ------------------------------------------------------------------------------------------------
@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.pt2"
    batch = torch.export.Dim("batch")
    program = torch.export.export(random_tiny(), (torch.randn(2, 3, 32, 32),), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    return path


def test_exported_program(exported: Path) -> None:
    net = load(f"pt2:{exported}", classes=[str(i) for i in range(10)], preprocess=Preprocess(32, 32))
    assert net.input_shape == (3, 32, 32)
    x = torch.randn(3, 3, 32, 32)
    assert torch.allclose(net.run(x)[net.output], random_tiny()(x), atol=1e-5)
    assert net.preprocess == Preprocess(32, 32)


def test_exported_program_keeps_its_size(exported: Path) -> None:
    with pytest.raises(ShapeError, match=r"exported for images of 32x32, not 64x64"):
        load(f"pt2:{exported}", input_size=64)
    with pytest.raises(UsageError, match="has 10 outputs, and classes= names 3"):
        load(f"pt2:{exported}", classes=3)
    with pytest.raises(UsageError, match=r"takes no weights='a\.pth'"):
        load(f"pt2:{exported}", weights="a.pth")


def test_exported_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        load(f"pt2:{tmp_path / 'gone.pt2'}")
    (tmp_path / "bad.pt2").write_bytes(b"no archive")
    with pytest.raises(WeightsError, match=r"cannot read .* as an exported program"):
        load(f"pt2:{tmp_path / 'bad.pt2'}")
    torch.save(random_tiny().state_dict(), tmp_path / "weights.pt2")
    with pytest.raises(WeightsError, match=r"cannot read .* as an exported program"):
        load(f"pt2:{tmp_path / 'weights.pt2'}")


def test_exported_file_with_a_compiled_library_is_refused(exported: Path) -> None:
    with zipfile.ZipFile(exported, "a") as archive:
        archive.writestr("tiny/data/aotinductor/model/a.so", b"")
    with pytest.raises(WeightsError, match="contains a compiled library"):
        load(f"pt2:{exported}")


def test_every_scheme_gives_the_same_network_for_the_same_weights(exported: Path, nets: ModuleType) -> None:
    x = torch.randn(1, 3, 32, 32)
    networks = [load("zoo:tiny", seed=2), load("py:my_nets:ready", input_size=32)]
    outputs = [net.run(x)[net.output] for net in networks]
    assert torch.equal(outputs[0], outputs[1])
    assert isinstance(sys.modules["my_nets"].ready, nn.Module)


# -- random weights, whatever the scheme ------------------------------------------------------------------------------
def test_random_weights_of_a_function_are_drawn_anew_and_what_stays_is_said(nets: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "my_nets.py").write_text(NETS + RESETTING)
    net = load("py:my_nets:ready", weights="random", seed=3, input_size=32)
    assert net.name == "py:my_nets:ready (random weights, seed 3)"
    assert torch.equal(sys.modules["my_nets"].ready.fc.weight, random_tiny(seed=2).fc.weight)  # the maker's own
    assert net.fingerprint == load("py:my_nets:ready", weights="random", seed=3, input_size=32).fingerprint
    assert net.fingerprint != load("py:my_nets:ready", weights="random", seed=4, input_size=32).fingerprint
    assert net.fingerprint != load("py:my_nets:ready", input_size=32).fingerprint
    scaled = load("py:my_nets:scaled", weights="random", input_size=9)
    assert "(random weights, seed 0; kept as they are: 4 numbers of 1.gamma, whose modules have no reset" in scaled.name
    with pytest.raises(UsageError, match=r"weights='random' would change nothing: none of its modules has a reset_par"):
        load("py:my_nets:fixed", weights="random", input_size=9)


RESETTING = """
class Gamma(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.full((4, 1, 1), 2.0))

    def forward(self, x):
        return x * self.gamma

def scaled():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), Gamma(), torch.nn.ReLU())

class Fixed(Gamma):
    def forward(self, x):
        return x.mean(1, keepdim=True) * self.gamma

def fixed():
    return Fixed()
"""


def test_random_weights_of_a_program_are_its_own_in_another_order(exported: Path) -> None:
    trained, net = load(f"pt2:{exported}"), load(f"pt2:{exported}", weights="random", seed=5)
    assert net.name.endswith(
        "(random weights, seed 5: 20 tensors of the file permuted within each; statistics of 6 batch norms reset)"
    )
    assert net.fingerprint == load(f"pt2:{exported}", weights="random", seed=5).fingerprint
    assert len({net.fingerprint, trained.fingerprint, load(f"pt2:{exported}", weights="random").fingerprint}) == 3
    # The first step with weights, by hand: the first parameter of the file, moved about.
    first = random_tiny().conv1.weight.detach().flatten()
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(5))
    x = torch.randn(1, 3, 32, 32)
    wanted = torch.nn.functional.conv2d(x, first[order].reshape(16, 3, 3, 3), padding=1)
    torch.testing.assert_close(net.run(x, ["conv1"])["conv1"], wanted, rtol=1e-4, atol=1e-5)
    scale = random_tiny().bn1.weight.detach().sort().values
    out = net.run(x, ["bn1"])["bn1"][0] / wanted[0]  # what is left of a batch norm: its scale, and its shift
    assert torch.isfinite(out).all()
    slope = [float(((a - a.mean()) * (b - b.mean())).sum() / ((b - b.mean()) ** 2).sum()) for a, b in
             zip(net.run(x, ["bn1"])["bn1"][0], wanted[0], strict=True)]  # fmt: skip
    torch.testing.assert_close(torch.tensor(slope).sort().values, scale, rtol=1e-3, atol=1e-4)


def test_random_weights_of_published_ones_keep_their_recipe(torchvision: ModuleType, offline: None) -> None:
    found = from_torchvision.from_torchvision(ModelRequest("torchvision", "resnet18@DEFAULT", weights="random"))
    assert found.weights == "random weights, seed 0"
    assert found.classes is not None
    assert found.classes[0] == "tench"
    assert found.preprocess == Preprocess(224, 224, resize=256)
