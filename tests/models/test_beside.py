"""What is said of a network in files beside it: read alike in Python and on the command line, or refused."""

import json
from pathlib import Path

import pytest

import convscope as cs
from convscope.errors import UsageError
from convscope.models.beside import class_names, range_of, recipe_in


def test_load_takes_names_and_a_recipe_from_files(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("cat\n dog \n")
    (tmp_path / "recipe.json").write_text(json.dumps({"height": 32, "width": 32, "mean": [0.5], "std": [0.25]}))
    net = cs.load(
        "zoo:tiny", classes=tmp_path / "classes.txt", preprocess=str(tmp_path / "recipe.json"), range="0:4095"
    )
    assert net.classes == ("cat", "dog")
    assert (net.preprocess.mean, net.preprocess.range) == ((0.5,) * 3, (0.0, 4095.0))


@pytest.mark.parametrize(
    ("content", "said"),
    [("cat\n\ndog\n", "every line must name a class, and 1 are empty"), ("", "and all are empty")],
)
def test_a_line_without_a_name_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "classes.txt").write_text(content)
    with pytest.raises(UsageError, match=said):
        class_names(tmp_path / "classes.txt")


def test_what_is_no_file_and_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"classes='nothing\.txt' is no text file of names, no number, and not"):
        class_names("nothing.txt")
    with pytest.raises(UsageError, match="classes='cat, , dog': a name is empty between two commas"):
        class_names("cat,,dog")
    with pytest.raises(UsageError, match="preprocess='imagnet' is neither imagenet nor unit, and no file"):
        recipe_in("imagnet")
    with pytest.raises(UsageError, match="range='0-4095': give the values that are black and white, as 0:4095"):
        range_of("0-4095")


@pytest.mark.parametrize(("content", "said"), [("[1]", "holds no JSON object"), ("{", "cannot be read as JSON")])
def test_a_file_without_a_recipe_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "recipe.json").write_text(content)
    with pytest.raises(UsageError, match=said):
        recipe_in(tmp_path / "recipe.json")
