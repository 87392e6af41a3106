"""The Python that repeats a session: it runs, and nothing that a page says can become code in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import convscope as cs
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.live.photos import Photo
from convscope.live.repeating import script_of
from tests.live.making import encoded, picture

COVER = {"at": [[3, 5], [12, 14]], "size": 8, "fill": "blur", "shape": "disc"}
DONE = {"cover": COVER, "transform": {"name": "rotation", "amount": 18}}
STEPS = [
    {"kind": "project", "unit": "4:2@1,3", "rule": "guided"},
    {"kind": "project", "unit": "7:1"},
    {"kind": "project", "unit": "7:1"},
    {"kind": "project", "unit": "7:1", **DONE},
    {"kind": "causes", "unit": "4:2", "cover": {"at": [[9, 9]], "size": 5, "fill": "mean"}},
    {"kind": "sweep", "size": 8, "stride": 8, "fill": "blur", "followed": ["4:3"], "target": 2, **DONE},
    {"kind": "curve", "name": "vertical", "amounts": [0, 4], **DONE},
    {"kind": "look", "followed": ["4:3", "4:3@1,2", "7:1-2"], **DONE, "silenced": ["4:1", "4:2", "1:0"]},
    {"kind": "project", "unit": "4:2", "silenced": ["1:0", "4:2"]},
    {"kind": "sweep", "size": 8, "stride": 8, "silenced": ["1:0", "4:2"], "target": 1},
    {"kind": "curve", "name": "vertical", "amounts": [0, 4], "silenced": ["1:0", "4:2"]},
    {"kind": "something else"},
]
METHODS_OWN = {"program", "steps", "values", "activations", "cone", "replaced", "reduce", "run_values", "index_of"}
"""What of a network is for who adds a method, and may change."""


def script(bench: Bench, told: dict[str, Any], **said: Any) -> str:
    (found,) = bench.answer("a", {"kind": "python", "photo": told["photo"], "steps": STEPS, **said}, lambda _: None)
    return found["python"]


def numbers(text: str) -> list[float]:
    """All numbers of a text."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def expect_public(program: str) -> None:
    """Fails where a program uses what may change in any release: modules below the package, what has no public name."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert ast.unparse(node) == "import convscope as cs"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in METHODS_OWN
            assert not node.attr.startswith("_")
            assert ast.unparse(node.value) != "cs" or node.attr in cs.__all__


def near(value: float, found: list[float]) -> bool:
    return any(one == pytest.approx(value, rel=2e-3, abs=2e-4) for one in found)


@pytest.mark.parametrize("listed", [False, True])
def test_the_program_repeats_the_numbers_with_all_that_was_done_to_the_photo(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], listed: bool
) -> None:
    content, moved = encoded(picture()), {"moved": [1, -4]}
    (tmp_path / "own.png").write_bytes(content)
    told = bench.put("a", bench.choose(1) if listed else bench.decode(content, "own.png"))
    steps = [{**step, **(moved if n % 2 else {})} for n, step in enumerate(STEPS)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cs, "load", lambda spec: bench.net if spec == "py:nets:tiny" else None)
    monkeypatch.setattr(cs, "open_source", lambda spec: bench.source)
    program = script(bench, told, steps=steps)
    assert sum("'7:1'))" in line for line in program.splitlines()) == 3  # plain, moved, and with all that was done
    expect_public(program)
    exec(compile(program, "script", "exec"), {})
    found = capsys.readouterr().out.split("\n\n")

    def answers(step: dict[str, Any]) -> list[dict[str, Any]]:
        return list(bench.answer("a", {**step, "photo": told["photo"]}, lambda _: None))

    for n, at in ((0, 0), (1, 1), (2, 2), (3, 3)):
        assert near(answers(steps[n])[0]["value"], numbers(found[at])), n
    (fed,) = answers(steps[4])
    assert all(near(node["amount"], numbers(found[4])) for node in fed["nodes"])
    head, *rows = answers(steps[5])
    lowest = min(value for row in rows for value in row["probability"])
    assert near(head["uncovered"]["probability"][0], numbers(found[5]))
    assert near(lowest, numbers(found[5]))
    _, curve = answers(steps[6])
    assert all(near(value[-1], numbers(found[6])) for value in (curve["probability"], *curve["relative"].values()))
    (glance,) = answers(steps[7])
    lines = found[7].splitlines()
    said = {one["name"]: one["score"] for one in glance["classes"]}
    assert {line.rpartition(": ")[0] for line in lines[: len(said)]} == set(said)
    assert all(near(said[line.rpartition(": ")[0]], numbers(line)) for line in lines[: len(said)])
    strongest = [unit for layer in glance["layers"] for unit in layer["units"]]
    assert all(near(unit["value"], numbers(found[7])) for unit in strongest)
    assert [near(one["value"], numbers(line)) for one, line in zip(glance["followed"], lines[-3:], strict=True)] == [
        True
    ] * 3
    assert near(answers(steps[8])[0]["value"], numbers(found[8]))
    head, *rows = answers(steps[9])
    assert near(min(value for row in rows for value in row["probability"]), numbers(found[9]))
    assert near(head["uncovered"]["probability"][0], numbers(found[9]))
    _, curve = answers(steps[10])
    assert all(near(value[-1], numbers(found[10])) for value in (curve["probability"], *curve["relative"].values()))


def test_an_image_of_the_collection_is_named_by_its_number(bench: Bench) -> None:
    program = script(bench, bench.put("a", bench.choose(1)))
    assert "photo = cs.prepare(net, images, indices=[1])" in program


@pytest.mark.parametrize(("limit", "opened"), [(None, "'samples:'"), (7, "'samples:', limit=7")])
def test_the_sample_photos_are_opened_as_many_as_they_were(net: Network, limit: int | None, opened: str) -> None:
    pytest.importorskip("skimage", reason="the extra 'demo' is not installed")
    source = cs.open_source("samples:", limit=limit)
    program = script_of(net, None, source, Photo.in_collection(net, source, 5), {}, usual=[])
    assert f"images = cs.open_source({opened})" in program
    assert "photo = cs.prepare(net, images, indices=[5])" in program


def test_names_do_not_become_code(bench: Bench) -> None:
    name = 'x\'\n"""\nimport os  # \u2028'
    told = bench.put("a", bench.decode(encoded(picture()), name))
    program = script(bench, told)
    assert "\nimport os" not in program
    assert f"photo = {name!r}" in program
    compile(program, "script", "exec")
