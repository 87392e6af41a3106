"""Names of ImageNet's classes, from packages that are read and not imported."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.models import imagenet
from convscope.models.imagenet import imagenet_classes, package_folder

# Classes whose names all sources word alike, by their number.
SOME = {0: "tench", 1: "goldfish", 281: "tabby", 388: "panda", 701: "parachute", 999: "toilet"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    imagenet_classes.cache_clear()
    yield
    imagenet_classes.cache_clear()


@pytest.mark.parametrize("index", range(len(imagenet._SOURCES)), ids=[source[0] for source in imagenet._SOURCES])
def test_every_source_has_the_classes_in_the_same_order(index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source = imagenet._SOURCES[index]
    if importlib.util.find_spec(source[0]) is None:
        pytest.skip(f"{source[0]} is not installed")
    monkeypatch.setattr(imagenet, "_SOURCES", (source,))
    names = imagenet_classes()
    assert names is not None
    assert len(names) == 1000
    for number, part in SOME.items():
        assert part in names[number]


def test_without_a_source_there_are_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagenet, "package_folder", lambda package: None)
    assert imagenet_classes() is None


def test_source_of_another_size_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "names.json").write_text('["a", "b"]')
    monkeypatch.setattr(imagenet, "package_folder", lambda package: tmp_path)
    monkeypatch.setattr(imagenet, "_SOURCES", (("x", "names.json", imagenet._from_json), ("x", "gone", None)))
    assert imagenet_classes() is None


def test_source_is_not_imported() -> None:
    code = (
        "import sys; from convscope.models.imagenet import imagenet_classes; imagenet_classes();"
        "sys.exit(any(name in sys.modules for name in ('torchvision', 'timm', 'imagenet_classes')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_folder_of_a_package_that_is_not_there() -> None:
    assert package_folder("no_such_package") is None
    found = package_folder("torch")
    assert found is not None
    assert (found / "nn").is_dir()
