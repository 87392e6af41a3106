"""Classes of images and outputs of networks that do not know each other: what is said, and what is suggested."""

from types import SimpleNamespace
from typing import Any

import pytest

from convscope.errors import UsageError
from convscope.training.matching import match_classes

ANSWERS = ("tabby, tabby cat", "tench, Tinca tinca", "bat", "goldfish, Carassius auratus")


def images(*classes: str) -> Any:
    return SimpleNamespace(classes=classes, describe=lambda: "images")


def refusal(*classes: str) -> str:
    with pytest.raises(UsageError) as raised:
        match_classes(images(*classes), ANSWERS, len(ANSWERS), "name")
    return str(raised.value)


def test_a_class_that_is_spelled_otherwise_has_its_name_suggested() -> None:
    said = refusal("tabby", "goldfsh")
    assert said == (
        "the network has no class 'goldfsh': 1 of the images' 2 classes are unknown to it; match='index' takes them by "
        "their order; did you mean 'goldfish'?"
    )


def test_what_is_near_by_chance_is_not_suggested() -> None:
    assert "did you mean" not in refusal("cat", "tench")  # two letters of three, as those of bat
    assert "did you mean" not in refusal("goldfsh", "lorry", "ship")  # of classes that it hardly knows any of


def test_no_two_marks_end_one_sentence() -> None:
    for one in (refusal("goldfsh", "bat"), refusal("lorry")):
        assert "?;" not in one
