"""Trials of an ablation: variants against the whole network, and what a folder has of them."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from convscope.errors import StoreError
from convscope.files import write_sealed_json
from convscope.methods.intervals import wilson
from convscope.studies.ablation import Ablation
from convscope.training import AblationTrial, AblationTrials, Config, NetworkChoice
from convscope.training.ablation import RESULT, ablate, read_ablation, read_trial
from tests.training.shapes import SIDE, shapes, small

RANDOM = np.random.default_rng(0)
HARD = RANDOM.random(60)  # which images are hard, for every network


def trial(variant: str, seed: int, harder: float) -> AblationTrial:
    wrong = np.random.default_rng([seed, len(variant)]).random(60) < HARD * 0.4 + harder
    right = "".join("01"[int(not one)] for one in wrong)
    return AblationTrial(variant, seed, "net", 10, 0.1, float(wrong.mean()), 0.0, right, "1" * 60)


def trials(seeds: int = 3) -> AblationTrials:
    variants = {"base": 0.0, "no-7": 0.02, "no-3-4": 0.5}
    return AblationTrials(
        Config("mine"), tuple(trial(name, seed, harder) for name, harder in variants.items() for seed in range(seeds))
    )


def wrong(found: AblationTrials, variant: str) -> list[list[int]]:
    return [[int(letter == "0") for letter in one.right] for one in found.trials if one.variant == variant]


def test_a_change_is_paired_over_images_and_seeds_drawn_again_one_by_one() -> None:
    found = trials()
    row = next(row for row in found.rows() if row.variant.name == "no-3-4")
    mine, whole = wrong(found, "no-3-4"), wrong(found, "base")
    differences = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(mine, whole, strict=True)]
    generator, means = np.random.default_rng(0), []
    seeds = generator.multinomial(3, [1 / 3] * 3, 1000)
    images = generator.multinomial(60, [1 / 60] * 60, 1000)
    for of_seeds, of_images in zip(seeds, images, strict=True):
        total = sum(of_seeds[s] * of_images[i] * differences[s][i] for s in range(3) for i in range(60))
        means.append(100 * total / 180)
    assert row.change is not None
    assert row.change.mean == pytest.approx(row.val[0] - next(iter(found.rows())).val[0])
    assert row.change.interval == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))


def test_the_summary_names_what_differs_and_what_is_not_seen_to() -> None:
    answer = Ablation(trials())
    assert "errs more than base: no layers 3, 4 (+" in answer.summary
    assert "no difference to be seen: no layer 7." in answer.summary
    base, *rest = answer.rows()
    assert base["val top-1 change"] is None
    assert all(row["val top-1 change from"] < row["val top-1 change"] < row["val top-1 change to"] for row in rest)
    assert all(row["val top-5 change"] == 0 and row["val top-5 change from"] is None for row in rest)
    assert "against base" in answer.tables()[1].head


def test_one_training_has_the_interval_of_a_share_and_one_that_does_not_tell_has_none() -> None:
    found = trials(seeds=1)
    row = found.rows()[0]
    assert row.val_interval == pytest.approx(tuple(100 * end for end in wilson(sum(wrong(found, "base")[0]), 60)))
    told = found.trials[0]
    bare = AblationTrial("no-7", 0, "net", 10, 0.1, 0.2, 0.0)
    other = AblationTrial("no-7", 0, "net", 10, 0.1, 0.2, 0.0, told.right[:30], told.right5[:30])
    for changed in (bare, other):
        rows = AblationTrials(Config("mine"), (told, changed)).rows()
        assert rows[1].change is None
    assert AblationTrials(Config("mine"), (bare,)).rows()[0].val_interval is None


@pytest.mark.parametrize("said", ["012", 7, None, ["1"]])
def test_what_is_no_answer_to_an_image_is_refused(tmp_path: Path, said: object) -> None:
    told = {"trial": {**asdict(trial("base", 0, 0.0)), "right": said}, "validation": "images"}
    write_sealed_json(tmp_path / RESULT, told)
    with pytest.raises(StoreError, match="no result of an ablation"):
        read_trial(tmp_path)


# -- what a folder has ------------------------------------------------------------------------------------------------
CONFIG = replace(small(epochs=1, batch=8), network=NetworkChoice(input_size=SIDE, width=0.05))
IMAGES, VALIDATION = shapes(16), shapes(8, seed=1)


def asked(out: Path, config: Config = CONFIG, validation: int = 1) -> AblationTrials:
    held = VALIDATION if validation == 1 else shapes(8, seed=validation)
    return ablate(config, IMAGES, held, out, variants=["no-6-7"], seeds=[0])


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AblationTrials]:
    out = tmp_path_factory.mktemp("ablation")
    return out, asked(out)


def test_trials_of_another_question_are_refused(done: tuple[Path, AblationTrials]) -> None:
    out, found = done
    assert asked(out) == found == read_ablation(out)
    other = replace(CONFIG, recipe=replace(CONFIG.recipe, learning_rate=CONFIG.recipe.learning_rate * 2))
    with pytest.raises(StoreError, match="holds a training with learning_rate"):
        asked(out, other)
    with pytest.raises(StoreError, match="holds a trial on other validation images"):
        asked(out, validation=2)


@pytest.mark.parametrize("digits", ["another", "none"])
def test_a_trial_that_is_not_as_it_was_written_is_made_again(done: tuple[Path, AblationTrials], digits: str) -> None:
    out, found = done
    path = out / "no-6-7-0" / RESULT
    whole = path.read_bytes()
    said = json.loads(whole)
    said["trial"]["val_error"] = 0.125 if digits == "another" else "none"
    path.write_text(json.dumps(said))
    with pytest.raises(StoreError, match="no result of an ablation"):
        read_ablation(out)
    assert asked(out) == found
    assert path.read_bytes() == whole
