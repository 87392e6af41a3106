"""Benchmarks' results are kept as lines, and two files of them are compared."""

import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import _families, _reached, architectures, compare, planted, same_bytes
from benchmarks.harness import Case, report
from convscope.cli.app import application
from convscope.cli.wording import options_of
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
    assert 0 <= first["seconds"] < 10_000 < first["at"]  # how long it took, and when


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


# same_bytes


def test_every_command_that_keeps_something_has_its_bytes_compared() -> None:
    own = [name for name in application if not name.startswith("-")]  # and not what --help and --version call
    commands = [name for name in own if application[name].default_command is not None]
    keeping = {name for name in commands if "store" in options_of(application[name].default_command)}
    assert keeping - {"merge"} <= {job[0] for job in same_bytes.JOBS.values()}  # which writes what scans write


def test_a_change_is_told_by_the_files_that_it_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = {"scan/a": "1", "scan/b": "2", "atlas/c": "3"}, {"scan/a": "1", "scan/b": "4", "scan/d": "5"}
    assert same_bytes.told(before, now, ["scan"], ["scan/d"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["scan/b differs", "scan/d is new (expected)", "1 of 2 files are the same, 1 differ that should not"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "log.csv").write_text("seconds")
    (tmp_path / "out" / "table.csv").write_text("a,b")
    assert list(same_bytes.hashes(tmp_path / "out")) == ["table.csv"]


# architectures


@pytest.mark.parametrize(
    ("names", "own"),
    [
        ("resnet18 test_resnet wide_resnet50_2 resnet50d", "resnet"),
        ("mobilenetv4_conv_small_050 mobilenetv4_conv_large", "mobilenetv4_conv"),
        ("tf_efficientnetv2_b0 tf_efficientnetv2_s", "tf_efficientnetv2"),
        ("shufflenet_v2_x0_5 shufflenet_v2_x2_0", "shufflenet_v2"),
        ("cs3darknet_focus_s cs3darknet_focus_l", "cs3darknet_focus"),
        ("regnet_y_400mf", "regnet_y"),
        ("res2net50_26w_4s", "res2net"),
    ],
)
def test_a_family_is_a_name_without_its_sizes(names: str, own: str) -> None:
    assert {_families.family(name) for name in names.split()} == {own}


def looked(network: str, **found: Any) -> architectures.Found:
    exact = {"outputs": 1e-15, "projections": 2e-15, "beyond": 0, "tight": 2, "fields": 3, "side": 64, "steps": 9}
    rest = {"library": "timm", "network": network, "family": network, "timm": "1", "torch": "2", "processor": "P"}
    return rest | ({"cause": found["cause"]} if "cause" in found else exact | found)


def test_exact_is_what_agrees_in_all_three_and_each_other_has_its_cause(tmp_path: Path) -> None:
    bad = [
        looked("a", outputs=1e-3),
        looked("b", projections=1e-3),
        looked("c", beyond=1),
        looked("d", cause="refused: x"),
    ]
    assert [architectures.is_exact(one) for one in (*bad, looked("e"))] == [False] * 4 + [True]
    members = [_families.Member("timm", one["network"], one["network"], 1, True) for one in (*bad, looked("e"))]
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- architectures -->\n<!-- end of architectures -->\nafter\n")
    _reached.write(page, members, [*bad, looked("e")], architectures.is_exact)
    text = page.read_text()
    assert "1 of the 5 networks whose module ran are exact (20.0%)" in text
    assert "| timm 1 | 5 | 5 | 1 | 1e-15 | 2e-15 | 2 of 3 |" in text
    assert "| a field that is too small (1) | timm: c |" in text
    assert "| refused otherwise (1) | timm: d | x |" in text
    assert "| e | timm: e | 64 | 9 | 1e-15 | 2e-15 |" in text


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def apart(_library: str, name: str) -> architectures.Found:
        asked.append(name)
        return looked(name, **({"cause": "RuntimeError: x"} if name == "b" else {})) | {"seconds": 1.0}

    monkeypatch.setattr(architectures, "apart", apart)
    monkeypatch.setattr(architectures, "warmed_up", lambda _: None)
    monkeypatch.setattr(architectures, "version", lambda _: "1")
    members, file = [_families.Member("timm", name, name, 1, True) for name in "abc"], tmp_path / "kept.jsonl"
    for again in (False, False, True):
        architectures.looked_at(members, file, again=again, end=float("inf"))
    assert asked == ["a", "b", "c", "b"]
    assert {key for _, key in architectures.read(file)} == {"a", "b", "c"}


def test_a_detector_without_its_operators_is_told_at_once(
    torchvision: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.extension._has_ops", lambda: False)
    monkeypatch.setattr(architectures, "made", lambda *_: pytest.fail("it was made"))
    found = architectures.apart("torchvision", "ssdlite320_mobilenet_v3_large")
    assert _reached.kind(found).startswith("operators that were not compiled here")
    assert not _reached.has_run(found)
    monkeypatch.setattr("torchvision.extension._has_ops", lambda: True)
    assert _families.not_here("torchvision", "ssdlite320_mobilenet_v3_large") is None


@pytest.mark.slow
def test_a_network_is_looked_at_in_a_process_of_its_own() -> None:
    found = architectures.apart("torchvision", "squeezenet1_1")
    assert architectures.is_exact(found), found
    assert found["tight"] == found["fields"] == 3


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
    found, wrong = planted.verbs_judged(range(1))
    assert wrong == []
    assert [len(found[verb]) for verb in ("diagnose", "effects", "sanity")] == [10, 8, 3]
    assert sum(found["diagnose, of another unit"] + found["effects, of another unit"]) < 0.6 * 18
