"""Numbers without sense, wherever a command takes one: one message or what is meant, soon, and never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECIPE

MANY = "9" * 400
PARTS = "image,part,y0,x0,y1,x1\n" + "".join(f"even/{name}.png,eye,6,6,20,20\n" for name in (0, 2, 4))
TRAIN = ("train", "quick.toml", "IMAGES", "-o", "out", "--hold-out", "0.3", "--set", "epochs=1")
REFUSED: dict[str, tuple[str, ...]] = {
    "a table of any size": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "-k", "99999999999"),
    "one that is no float": ("scan", "zoo:tiny", "IMAGES", "-o", "out", "-k", MANY),
    "the same for an atlas": ("atlas", "zoo:tiny", "IMAGES", "-o", "out", "-k", MANY),
    "a seed of any size": ("scan", "zoo:tiny", "IMAGES", "-o", "out", f"--seed={MANY}"),
    "a seed below zero": ("correspond", "zoo:tiny", "IMAGES", "-o", "out", "--parts", "parts.csv", "--seed=-1"),
    "no image": (*TRAIN, "--limit=-1"),
    "a rate beyond float32": (*TRAIN, "--set", "learning_rate=1e308"),
    "a rate that is no float": (*TRAIN, "--set", f"learning_rate={MANY}"),
    "a deviation that is no float": (*TRAIN, "--set", f"std={MANY}"),
    "a decay beyond float32": (*TRAIN, "--set", "weight_decay=1e308"),
    "a width of any size": (*TRAIN, "--set", "width=1e308"),
    "a batch of any size": (*TRAIN, "--set", "batch=1e12"),
}
ALL_OF_THEM = ("diagnose", "zoo:tiny", "IMAGES", "-o", "out", "--projections", "99999999999")


@pytest.fixture
def here(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("quick.toml").write_text(RECIPE)
    Path("parts.csv").write_text(PARTS)
    return images


@pytest.mark.timeout(60)
@pytest.mark.parametrize("tokens", REFUSED.values(), ids=REFUSED.keys())
def test_a_number_without_sense_is_refused(convscope: Callable, here: Path, tokens: tuple[str, ...]) -> None:
    done = convscope(*(token.replace("IMAGES", str(here)) for token in tokens))
    assert done.code == 2
    assert done.err.splitlines()[-1 if "--seed" not in tokens[-1] else 0].startswith("convscope: ")


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("undrawn")
def test_more_projections_than_there_are_units_are_those_of_all(convscope: Callable, here: Path) -> None:
    documents = []
    for count in ("99999999999", "9999"):
        tokens = (token.replace("IMAGES", str(here)).replace("out", f"out{count}") for token in ALL_OF_THEM[:-1])
        done = convscope(*tokens, count, "--json")
        assert done.code == 0, done.err
        documents.append({key: value for key, value in done.document.items() if key not in ("store", "figures")})
    assert documents[0] == documents[1]
