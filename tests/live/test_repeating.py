"""The Python that repeats a session: it runs, and nothing that a page says can become code in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import convscope as cs
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.live.photos import Photo
from convscope.live.repeating import script_of
from tests.live.making import encoded, picture

STEPS = [
    {"kind": "look", "silenced": ["4:1", "4:2", "1:0"]},
    {"kind": "project", "unit": "4:2@1,3", "rule": "guided"},
    {"kind": "project", "unit": "7:1"},
    {"kind": "project", "unit": "7:1"},
    {"kind": "causes", "unit": "4:2", "layers": ["1"]},
    {"kind": "sweep", "size": 8, "stride": 8, "fill": "blur", "followed": ["4:3"], "target": 2},
    {"kind": "curve", "name": "vertical", "amounts": [0, 4]},
    {"kind": "something else"},
]


def script(bench: Bench, told: dict[str, Any], **said: Any) -> str:
    (found,) = bench.answer("a", {"kind": "python", "photo": told["photo"], "steps": STEPS, **said}, lambda _: None)
    return found["python"]


@pytest.mark.parametrize("moved", [[0, 0], [1, -4]])
def test_the_program_runs_and_repeats_the_answers(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], moved: list[int]
) -> None:
    content = encoded(picture())
    (tmp_path / "own.png").write_bytes(content)
    told = bench.put("a", bench.decode(content, "own.png"))
    program = script(bench, told, moved=moved)
    assert program.count("'7:1'") == 1  # what was asked twice is repeated once
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cs, "load", lambda spec: bench.net if spec == "py:nets:tiny" else None)
    names: dict[str, Any] = {}
    exec(compile(program, "script", "exec"), names)
    said = capsys.readouterr().out
    (projected,) = bench.answer(
        "a", {"kind": "project", "photo": told["photo"], "moved": moved, "unit": "7:1"}, lambda _: None
    )
    assert projected["report"] in said
    (fed,) = bench.answer(
        "a", {"kind": "causes", "photo": told["photo"], "moved": moved, "unit": "4:2"}, lambda _: None
    )
    assert f"{fed['unit']} is {fed['value']:.4g} on" in said


def test_an_image_of_the_collection_is_named_by_its_number(bench: Bench) -> None:
    program = script(bench, bench.put("a", bench.choose(1)))
    assert "images.read(1)" in program


def test_what_was_done_to_the_photo_for_a_step_is_said_where_it_is_not_repeated(bench: Bench) -> None:
    told = bench.put("a", bench.decode(encoded(picture()), "own.png"))
    plain: dict[str, Any] = {"kind": "project", "unit": "4:2", "moved": [0, 0]}
    covered = {**plain, "cover": {"at": [[3, 5]], "size": 8, "fill": "blur"}}
    turned = {"kind": "causes", "unit": "4:2", "moved": [1, 0], "transform": {"name": "rotation", "amount": 18}}
    swept = {"kind": "sweep", "size": 8, "stride": 8, "moved": [0, 0], "cover": covered["cover"]}
    lines = script(bench, told, steps=[plain, covered, covered, turned, swept]).splitlines()
    assert [line for line in lines if line.startswith("# On the page")] == [
        "# On the page this was with 8 pixels of blur around 3,5; here it is without.",
        "# On the page this was with rotation 18, the crop moved by (1, 0); here it is without.",
    ]
    assert sum("cs.deconv" in line for line in lines) == 2


@pytest.mark.parametrize(("limit", "opened"), [(None, "'samples:'"), (7, "'samples:', limit=7")])
def test_the_sample_photos_are_opened_as_many_as_they_were(net: Network, limit: int | None, opened: str) -> None:
    pytest.importorskip("skimage", reason="the extra 'demo' is not installed")
    source = cs.open_source("samples:", limit=limit)
    program = script_of(net, None, source, Photo.in_collection(net, source, 5), {})
    assert f"images = cs.open_source({opened})" in program
    assert "photo = images.read(5)" in program


def test_names_do_not_become_code(bench: Bench) -> None:
    name = 'x\'\n"""\nimport os  # \u2028'
    told = bench.put("a", bench.decode(encoded(picture()), name))
    program = script(bench, told)
    assert "\nimport os" not in program
    assert f"photo = {name!r}" in program
    compile(program, "script", "exec")
