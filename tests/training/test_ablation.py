"""Trials of an ablation that a folder has: used again only where they are what is asked for, and as written."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from convscope.errors import StoreError
from convscope.training import NetworkChoice
from convscope.training.ablation import RESULT, AblationTrials, ablate, read_ablation
from convscope.training.config import Config
from tests.training.shapes import SIDE, shapes, small

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
