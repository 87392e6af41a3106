"""Benchmarks' results are kept as lines, and two files of them are compared."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare, planted
from benchmarks.harness import Case, report
from tests.conftest import ROOT


def kept(path: Path, monkeypatch: pytest.MonkeyPatch, **ratios: float | None) -> Path:
    monkeypatch.setenv("CONVSCOPE_BENCHMARKS", str(path))
    report("scan", [Case(case, "the bare forward", ratio, spread=0.02) for case, ratio in ratios.items()])
    return path


def test_a_result_is_kept_with_its_machine_and_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(tmp_path / "kept.jsonl", monkeypatch, alexnet=1.0)
    kept(path, monkeypatch, alexnet=1.1)
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["cases"][0]["ratio"], second["cases"][0]["ratio"]) == (1.0, 1.1)
    assert {"processor", "cores", "torch", "convscope"} <= first["machine"].keys()


def test_what_changed_by_more_than_its_spread_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept(tmp_path / "before.jsonl", monkeypatch, a=1.0, b=2.0, c=1.0, d=1.0, none=None)
    after = kept(tmp_path / "after.jsonl", monkeypatch, a=9.0, b=2.0, c=1.0)
    kept(after, monkeypatch, a=1.2, b=1.9, c=1.04, e=3.0)  # the last measurement counts
    (old, machines), (new, others) = compare.read(before), compare.read(after)
    assert machines == others
    verdicts = {change.key[1]: change.verdict for change in compare.changes(old, new)}
    assert verdicts == {"a": "better", "b": "worse", "c": "same", "d": "gone", "e": "new"}


@pytest.mark.parametrize(("ratio", "code"), [(1.0, 0), (0.5, 1)])
def test_the_exit_code_says_whether_one_became_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ratio: float, code: int
) -> None:
    files = kept(tmp_path / "before", monkeypatch, a=1.0), kept(tmp_path / "after", monkeypatch, a=ratio)
    command: list[Any] = [sys.executable, "-m", "benchmarks.compare", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("worse" in done.stdout) == bool(code)


def test_what_is_no_result_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text('{"name": "scan", "cases": []}\n[]\n')
    with pytest.raises(SystemExit, match=r"kept\.jsonl, line 2: no result of a benchmark"):
        compare.read(path)


def test_a_model_that_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import exactness

    asked = []

    def measure(model: exactness.Model) -> exactness.Result:
        asked.append(model)
        rows = (
            exactness.Row("early", "conv", 1e-7, 1e-15, 2e-7, None),
            exactness.Row("class", "fc", 0.0, 0.0, 0.0, 0.5),
        )
        return exactness.Result(model, rows, "2 relu", 1, 3.5)

    monkeypatch.setattr(exactness, "measure", measure)
    file, models = tmp_path / "kept.jsonl", exactness.MODELS[:4]
    first = list(exactness.measured(models[1:3], file, math.inf))
    found = list(exactness.measured(models[:3], file, math.inf))
    assert found[1:] == first
    assert list(exactness.measured(models, file, -math.inf)) == found, "the time is over: what is there, and no more"
    assert asked == [models[1], models[2], models[0]]


@pytest.mark.slow
def test_what_is_said_of_planted_units_is_true_and_that_of_another_unit_is_not() -> None:
    rows, mutated = planted.judged(range(1))
    assert len(rows) == 20
    assert sum(ok for *_, ok in rows) >= 19
    assert mutated <= 6
