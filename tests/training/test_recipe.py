"""Recipes and configurations: the paper's numbers, and complaints that say what to do."""

from pathlib import Path

import pytest

from convscope.errors import UsageError
from convscope.training import Config, NetworkChoice, Recipe, packaged_configs, read_config


def test_defaults_are_the_papers() -> None:
    recipe = Recipe()
    assert (recipe.epochs, recipe.batch, recipe.learning_rate, recipe.momentum) == (70, 128, 0.01, 0.9)
    assert (recipe.schedule, recipe.factor, recipe.init, recipe.renormalise) == ("plateau", 0.1, "gaussian", 0.1)
    assert (recipe.mean, recipe.std, recipe.crops, recipe.crop_source, recipe.flips) == (
        "image",
        1,
        "ten",
        "square",
        True,
    )
    assert recipe.checkpoints == (1, 2, 5, 10, 20, 30, 40, 64)
    assert recipe.shortest_side(224) == 256


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"epochs": 0}, "epochs is above zero, found 0"),
        ({"epochs": 2.5}, "epochs is a whole number, found 2.5"),
        ({"epochs": True}, "epochs is a number, found True"),
        ({"momentum": 1.0}, "momentum is below 1"),
        ({"weight_decay": -1e-4}, "weight_decay is zero or more"),
        ({"crops": "randon"}, "crops is one of ten, random, centre, found 'randon'; did you mean 'random'"),
        ({"schedule": "steps"}, "needs the epochs after which the rate falls"),
        ({"schedule": "steps", "steps": [5, 3]}, "steps rise, found"),
        ({"checkpoints": [0]}, "counted from 1, found [0]"),
        ({"checkpoints": 5}, "checkpoints is a list of epochs, found 5"),
        ({"learning_rat": 1}, "there is no 'learning_rat'; did you mean 'learning_rate'"),
        ({"crop_source": "whole", "padding": 3}, "need no padding"),
        ({"factor": 2}, "factor is below 1"),
    ],
)
def test_recipes_that_make_no_sense_say_why(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe.from_json(wrong)
    assert said in str(caught.value)


def test_crops_larger_than_the_images_are_refused() -> None:
    with pytest.raises(UsageError, match="resize = 100 is smaller than the network's input of 128"):
        Recipe(resize=100).shortest_side(128)


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(schedule="steps", steps=(3, 5), crops="random")
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_configuration_survives_json_and_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[network]\nbase = "alexnet"\nwithout = [7]\nwidths = { 6 = 32 }\n[recipe]\nepochs = 4\n')
    config = read_config(file)
    assert config == Config("mine", NetworkChoice("alexnet", None, 1.0, (7,), {6: 32}), Recipe(epochs=4))
    assert Config.from_json(config.to_json()) == config
    assert config.network.architecture(5).describe().endswith("-32-5 from 224x224")


def test_packaged_configurations_are_networks() -> None:
    names = packaged_configs()
    assert {"imagenet-zfnet", "imagenette-zfnet", "imagenette-table3"} <= set(names)
    for name in names:
        config = read_config(name)
        assert config.note
        assert config.recipe.shortest_side(config.network.architecture(10).input_size) > 0


def test_imagenet_is_the_papers_network_and_says_what_it_costs() -> None:
    config = read_config("imagenet-zfnet")
    assert (
        config.network.architecture(1000).describe() == "96c7/2-256c5/2-384c3-384c3-256c3-4096-4096-1000 from 224x224"
    )
    assert "FLOP" in config.note


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = ", "is no TOML"),
        ("a" + ".b" * 9_000 + " = 1", "has a key of more than 100 parts"),
        ("[a" + " . 'b'" * 9_000 + "]", "has a key of more than 100 parts"),
        ("[recipes]\nepochs = 3", "there is no 'recipes'; did you mean 'recipe'"),
        ("recipe = 3", "[recipe] is a table of options"),
        ('[network]\nbase = "zfnett"', "no base 'zfnett'; did you mean 'zfnet'"),
        ("[network]\nwidth = 'a'", "could not convert"),
        ("[network]\nsize = 3", "there is no 'size'"),
    ],
)
def test_files_that_cannot_be_followed_say_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_config(tmp_path / "bad.toml").network.architecture(10)
    assert said in str(caught.value)


def test_a_name_that_is_nothing_lists_what_there_is() -> None:
    with pytest.raises(UsageError, match="no training 'imagenete-zfnet'; did you mean 'imagenette-zfnet'"):
        read_config("imagenete-zfnet")
