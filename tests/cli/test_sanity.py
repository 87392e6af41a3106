"""`convscope sanity`."""

from collections.abc import Callable
from pathlib import Path

import convscope as cs


def test_verdicts_are_printed_kept_and_shown_in_an_atlas(convscope: Callable, images: Path, tmp_path: Path) -> None:
    store, page = tmp_path / "out", tmp_path / "atlas"
    few = ("--layers", "conv1", "--units", 2, "--each", 1, "--seeds", 1, "--side", 8)
    convscope("atlas", "zoo:tiny", images, "-o", page, "--layers", "conv1", "-k", 1)
    done = convscope("sanity", "zoo:tiny", images, "-o", store, *few, "--atlas", page)
    assert done.code == 0
    assert done.out.splitlines()[-1] == "conv1 (deconvnet): fewer than 4 units or 10 images."
    (row,) = cs.Sanity.load(store).rows()
    assert (row["layer"], row["units"], row["verdict"]) == ("conv1", 2, "cannot tell")
    assert (page / "experiments" / "sanity" / "experiment.json").is_file()
    wrong = convscope("sanity", "zoo:tiny", images, "-o", store, *few, "--rules", "magic")
    assert wrong.code == 2
    assert "magic" in wrong.err
