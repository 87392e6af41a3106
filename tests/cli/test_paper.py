"""`convscope paper`."""

import json
from collections.abc import Callable
from pathlib import Path

import convscope as cs


def test_a_report_is_written_said_and_shown_in_an_atlas(convscope: Callable, images: Path, tmp_path: Path) -> None:
    store, page = tmp_path / "report", tmp_path / "atlas"
    few = ("--claims", "aliasing,depth", "--seeds", 1)
    convscope("atlas", "zoo:tiny", images, "-o", page, "--layers", "conv1", "-k", 1, "--no-tuning")
    done = convscope("paper", "zoo:tiny", images, "-o", store, *few, "--atlas", page)
    assert done.code == 0
    assert "1 agrees, and so does a random network: aliasing (Fig. 6)" in done.out
    assert done.out.splitlines()[-1] == str(store / "index.html")
    assert "--ablation" in done.err
    assert b"<svg" in (store / "index.html").read_bytes()
    said = json.loads((store / "paper.json").read_text())
    assert [one["verdict"] for one in said["claims"]] == ["agrees, and so does a random network", "needs"]
    assert cs.Paper.load(store).rows() == [
        {key: one[key] for key in cs.Paper.load(store).rows()[0]} for one in said["claims"]
    ]
    assert (page / "experiments" / "paper" / "experiment.json").is_file()
    again = convscope("paper", "zoo:tiny", images, "-o", store, *few, "--json")
    assert json.loads(again.out)["verdicts"]["needs"] == 1
    wrong = convscope("paper", "zoo:tiny", images, "-o", store, "--claims", "depht")
    assert wrong.code == 2
    assert "choose from" in wrong.err
    assert "depth" in wrong.err
