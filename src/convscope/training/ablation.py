"""The paper's Table 3: what a network loses without some of its layers, or gains from wider ones.

Every variant is trained from the same recipe, several times from different seeds, and judged on centre crops of the
training and of the validation images; whatever is compared is compared on the same images, and seed by seed. Each
training is a folder of its own, so an ablation that was interrupted goes on
where it was, and several processes may share the work.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import convscope
from convscope.data import Source
from convscope.errors import StoreError, UsageError, nearest
from convscope.files import read_sealed_json, write_sealed_json
from convscope.methods.intervals import crossed, wilson
from convscope.models import Architecture
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.shown import brief
from convscope.training.config import Config, NetworkChoice
from convscope.training.evaluation import accuracy
from convscope.training.run import Run
from convscope.training.trainer import train

logger = logging.getLogger(__name__)

RESULT = "result.json"
"""What a trial came to, in the folder of its training."""

BASE = "base"
"""The name of the network that the variants are changes of."""


@brief
@dataclass(frozen=True)
class Variant:
    """A row of the table: its name, what it says, and the end of the name of the network that it is."""

    name: str
    title: str
    suffix: str

    def of(self, choice: NetworkChoice) -> NetworkChoice:
        """This variant of a network."""
        return replace(choice, base=choice.base + self.suffix)


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(BASE, "base", ""),
        Variant("no-3-4", "no layers 3, 4", "_without_3_4"),
        Variant("no-7", "no layer 7", "_without_7"),
        Variant("no-6-7", "no layers 6, 7", "_without_6_7"),
        Variant("no-3-4-6-7", "no layers 3, 4, 6, 7", "_without_3_4_6_7"),
        Variant("fc-half", "layers 6, 7: 2048", "_fc2048"),
        Variant("fc-double", "layers 6, 7: 8192", "_fc8192"),
        Variant("wide-3-4-5", "layers 3, 4, 5: 512, 1024, 512", "_512_1024_512"),
        Variant("wide-3-4-5-fc-double", "both of these", "_512_1024_512_fc8192"),
    )
}
"""The rows of Table 3, by the names that the command line knows."""

PAPER: dict[str, dict[str, tuple[float, float, float]]] = {
    "alexnet": {
        BASE: (35.1, 40.5, 18.1),
        "no-3-4": (41.8, 45.4, 22.1),
        "no-7": (27.4, 40.0, 18.4),
        "no-6-7": (27.4, 44.8, 22.4),
        "no-3-4-6-7": (71.1, 71.3, 50.1),
        "fc-half": (40.3, 41.7, 18.8),
        "fc-double": (26.8, 40.0, 18.1),
    },
    "zfnet": {
        BASE: (33.1, 38.4, 16.5),
        "fc-half": (38.2, 40.2, 17.6),
        "fc-double": (22.0, 38.8, 17.0),
        "wide-3-4-5": (18.8, 37.5, 16.0),
        "wide-3-4-5-fc-double": (10.0, 38.3, 16.9),
    },
}
"""The paper's errors in per cent: training top-1, validation top-1 and top-5. It removed layers of AlexNet only."""


@brief
@dataclass(frozen=True)
class AblationTrial:
    """One training of a variant: errors as fractions, on centre crops.

    right, right5: a letter for each validation image in order, "1" where the best answer is right, and where one of the
    five best is, else "0"; "" of trials that do not say it.
    """

    variant: str
    seed: int
    network: str
    parameters: int
    train_error: float
    val_error: float
    val_error5: float
    right: str = ""
    right5: str = ""


ChangeEnds = tuple[float, float] | None
"""Of an interval, per cent; None where there is none."""


@brief
@dataclass(frozen=True)
class VariantChange:
    """How much larger an error is than that of the whole network, per cent, and its interval over images and seeds."""

    mean: float
    interval: ChangeEnds


@brief
@dataclass(frozen=True)
class VariantErrors:
    """A variant's trials: means, and standard deviations over seeds, which are None for a single one. Per cent.

    val_interval, val5_interval: 95 % of these means, over images and seeds. change, change5: how much larger the error
    is than that of the whole network, over the same images and seeds; None of that network itself, and where no trial
    of both says of each image whether it was right.
    """

    variant: Variant
    network: str
    parameters: int
    seeds: int
    train: tuple[float, float | None]
    val: tuple[float, float | None]
    val5: tuple[float, float | None]
    val_interval: ChangeEnds
    val5_interval: ChangeEnds
    change: VariantChange | None
    change5: VariantChange | None


@brief
@dataclass(frozen=True)
class AblationTrials:
    """What an ablation found, trial by trial."""

    config: Config
    trials: tuple[AblationTrial, ...]

    def rows(self) -> list[VariantErrors]:
        """The table's rows, in the paper's order, of the variants that have a trial."""
        whole = self._of(BASE)
        return [_row(variant, found, whole) for variant in VARIANTS.values() if (found := self._of(variant.name))]

    def _of(self, variant: str) -> list[AblationTrial]:
        return [trial for trial in self.trials if trial.variant == variant]

    def paper_base(self, variant: str) -> str | None:
        """The network that the paper changed in this way: ours, or AlexNet where it did not change ZFNet so."""
        base = self.config.network.base
        bases = (base, "alexnet") if base == "zfnet" else (base,)
        return next((name for name in bases if variant in PAPER.get(name, {})), None)

    def paper(self, variant: str) -> tuple[float, float, float] | None:
        """The paper's errors for a variant, of the network that `paper_base` says; None where it has none."""
        base = self.paper_base(variant)
        return None if base is None else PAPER[base][variant]


@usual_settings()
def ablate(
    config: Config,
    source: Source,
    validation: Source,
    out: str | Path,
    *,
    variants: Sequence[str] = tuple(VARIANTS),
    seeds: Sequence[int] = (0, 1, 2),
    device: str | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> AblationTrials:
    """The trials of all variants and seeds, seed by seed; those that `out` has are not made again.

    Raises:
        UsageError: for unknown variants, or a base that is a variant itself. StoreError: where `out` holds trials of
            another recipe or on other images. Others as `train` and `evaluate`.
    """
    _check(config, variants)
    trials = []
    for seed in seeds:
        for name in variants:
            variant = VARIANTS[name]
            here = replace(config, network=variant.of(config.network), recipe=replace(config.recipe, seed=seed))
            place = Path(out) / f"{name}-{seed}"
            found = _kept(here, source, validation, place)
            if found is None:
                stage = _named(progress, f"{variant.title}, seed {seed}")
                found = _trial(here, variant, source, validation, place, device=device, threads=threads, progress=stage)
            trials.append(found)
    return AblationTrials(config, tuple(trials))


def _check(config: Config, variants: Sequence[str]) -> None:
    if not variants:
        raise UsageError(f"no variant to train: choose among {', '.join(VARIANTS)}")
    for name in variants:
        if name not in VARIANTS:
            raise UsageError(f"no variant {name!r}{nearest(name, VARIANTS)} (there are: {', '.join(VARIANTS)})")
    if config.network.base not in PAPER or config.network.widths or config.network.without:
        raise UsageError(
            "an ablation starts from base = 'zfnet' or 'alexnet', scaled by width and input_size: its variants decide "
            "which layers are left out or wider"
        )


def _kept(config: Config, source: Source, validation: Source, place: Path) -> AblationTrial | None:
    """The trial of a folder; None where there is none that is as it was written, and it is made (again).

    Raises:
        StoreError: where it is of another recipe, or on other images.
    """
    if not (place / RESULT).exists():
        return None
    Run.open(place).check(config, source.fingerprint())
    try:
        found, judged = _read(place)
    except StoreError as error:
        logger.info("%s", error)
        return None
    if judged != validation.fingerprint():
        raise StoreError(f"{place} holds a trial on other validation images: choose another folder with store=")
    return found


def _trial(
    config: Config,
    variant: Variant,
    source: Source,
    validation: Source,
    place: Path,
    *,
    device: str | None,
    threads: int,
    progress: Progress,
) -> AblationTrial:
    trained = train(
        config, source, place, validation=validation, device=device, threads=threads, board=False, progress=progress
    )
    net = convscope.load(f"file:{trained.run.checkpoint(config.recipe.epochs)}", device=device)
    on_training = accuracy(net, source, threads=threads, progress=progress)
    on_validation = accuracy(net, validation, threads=threads, progress=progress)
    result = AblationTrial(
        variant.name,
        config.recipe.seed,
        trained.run.architecture.describe(),
        parameters(trained.run.architecture),
        1 - on_training.top1,
        1 - on_validation.top1,
        1 - on_validation.top5,
        *(_letters(right[0]) for right in vars(on_validation.members).values()),
    )
    write_sealed_json(place / RESULT, {"trial": asdict(result), "validation": validation.fingerprint()})
    return result


def read_trial(place: Path) -> AblationTrial:
    """The trial of a training's folder; raises StoreError where it has none that is as it was written."""
    return _read(place)[0]


def _read(place: Path) -> tuple[AblationTrial, str]:
    """The trial, and the fingerprint of the images that it was judged by."""
    try:
        said = read_sealed_json(place / RESULT)
        found, judged = AblationTrial(**said["trial"]), said["validation"]
        texts, numbers = (found.variant, found.network, judged), (found.train_error, found.val_error, found.val_error5)
        if not all(isinstance(text, str) for text in texts) or not all(isinstance(one, float) for one in numbers):
            raise ValueError("it says something else than a trial does")
        if set(found.right + found.right5) - set("01"):
            raise ValueError("what it says of each image is neither 0 nor 1")
        return found, judged
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StoreError(
            f"{place / RESULT} is no result of an ablation ({error}): delete it, and the same call makes it again"
        ) from error


def read_ablation(out: str | Path) -> AblationTrials:
    """The trials that a folder has, as far as an ablation has come.

    Raises:
        StoreError: where there are none.
    """
    places = sorted(path.parent for path in Path(out).glob(f"*/{RESULT}"))
    if not places:
        raise StoreError(f"{out} holds no finished trial of an ablation")
    begun = Run.open(places[0]).config
    bases = [base for base in PAPER if begun.network.base.startswith(base)]
    config = replace(begun, network=replace(begun.network, base=bases[0]))
    trials = sorted((read_trial(place) for place in places), key=lambda trial: trial.seed)
    return AblationTrials(config, tuple(trials))


def parameters(architecture: Architecture) -> int:
    """The weights and biases that a network learns."""
    from convscope.models import build

    return sum(parameter.numel() for parameter in build(architecture, init="empty").parameters())


def _letters(right: NDArray[np.bool_]) -> str:
    return "".join("01"[int(one)] for one in right)


def _wrong(trials: Sequence[AblationTrial], which: Literal["right", "right5"]) -> NDArray[np.float64] | None:
    """What trials answer wrongly, (trials, images) of 0 and 1; None where they do not say it, or of other images."""
    said = [getattr(trial, which) for trial in trials]
    if not said or not said[0] or len({len(one) for one in said}) > 1:
        return None
    return np.array([[letter == "0" for letter in one] for one in said], np.float64)


def _own_interval(trials: Sequence[AblationTrial], which: Literal["right", "right5"]) -> ChangeEnds:
    """That of the error: Wilson's of one training, else over images and seeds."""
    wrong = _wrong(trials, which)
    if wrong is None:
        return None
    if len(wrong) == 1:
        low, high = wilson(float(wrong.sum()), wrong.size)
        return 100 * low, 100 * high
    return _ends(wrong)


def _change(
    trials: Sequence[AblationTrial], whole: Sequence[AblationTrial], which: Literal["right", "right5"]
) -> VariantChange | None:
    """Against the whole network's trainings from the same seeds."""
    beside = {trial.seed: trial for trial in whole}
    mine = [trial for trial in trials if trial.seed in beside]
    own, theirs = _wrong(mine, which), _wrong([beside[trial.seed] for trial in mine], which)
    if (mine and mine[0].variant == BASE) or own is None or theirs is None or own.shape != theirs.shape:
        return None
    return VariantChange(100 * float((own - theirs).mean()), _ends(own - theirs))


def _ends(table: NDArray[np.float64]) -> ChangeEnds:
    low, high = crossed(table)
    return None if np.isnan(low) else (100 * low, 100 * high)


def _row(variant: Variant, trials: Sequence[AblationTrial], whole: Sequence[AblationTrial]) -> VariantErrors:
    def spread(errors: list[float]) -> tuple[float, float | None]:
        return 100 * mean(errors), 100 * stdev(errors) if len(errors) > 1 else None

    return VariantErrors(
        variant,
        trials[0].network,
        trials[0].parameters,
        len(trials),
        spread([trial.train_error for trial in trials]),
        spread([trial.val_error for trial in trials]),
        spread([trial.val_error5 for trial in trials]),
        _own_interval(trials, "right"),
        _own_interval(trials, "right5"),
        _change(trials, whole, "right"),
        _change(trials, whole, "right5"),
    )


def _named(progress: Progress, name: str) -> Progress:
    return lambda stage, done, total: progress(f"{name}: {stage}", done, total)


__all__ = [
    "BASE",
    "PAPER",
    "VARIANTS",
    "AblationTrials",
    "VariantChange",
    "VariantErrors",
    "AblationTrial",
    "Variant",
    "ablate",
    "read_ablation",
    "read_trial",
]
