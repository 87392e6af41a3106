"""`convscope ablate` from end to end on small pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_ablates_resumes_and_enters_the_atlas(trainable: Path, tmp_path: Path, convscope: Run) -> None:
    atlas = tmp_path / "atlas"
    made = convscope("atlas", "zoo:tiny", trainable, "-o", atlas, "--layers", "relu1", "--limit", "3", "-q")
    assert made.code == 0, made.err
    tokens = ("ablate", trainable / "quick.toml", trainable, "-o", tmp_path / "table", "--variants", "base,no-3-4-6-7")
    done = convscope(*tokens, "--seeds", "2", "--set", "epochs=1", "--atlas", atlas, "--json")
    assert done.code == 0, done.err
    rows = done.document["rows"]
    assert [row["variant"] for row in rows] == ["base", "no layers 3, 4, 6, 7"]
    assert [row["val top-1 paper"] for row in rows] == [38.4, 71.3]
    assert all(row["seeds"] == 2 and row["val top-1 spread"] is not None for row in rows)
    assert (atlas / "experiments" / "ablation" / "table.png").exists()
    again = convscope(*tokens, "--seeds", "2", "--set", "epochs=1")
    assert "33.1 / 38.4 / 16.5" in again.out
    assert "training" not in again.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ablate", "CONFIG", "DATA/train"), 2, "needs validation images"),
        (("ablate", "CONFIG", "DATA", "--variants", "no-8"), 2, "no variant 'no-8'"),
        (("ablate", "CONFIG", "DATA", "--seeds", "0"), 2, "at least 1"),
        (("ablate", "CONFIG", "DATA", "--set", "without=[7]"), 2, "its variants decide"),
    ],
)
def test_misuse_is_explained(
    trainable: Path, tmp_path: Path, convscope: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    tokens = [
        word.replace("CONFIG", str(trainable / "quick.toml")).replace("DATA", str(trainable)) for word in arguments
    ]
    done = convscope(*tokens, "-o", tmp_path / "run")
    assert done.code == code, done.err
    assert said in done.out + done.err
