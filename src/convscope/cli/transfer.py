"""`convscope transfer`: how well classifiers on a network's features tell other images apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from cyclopts import Group, Parameter

from convscope.cli.options import RUN, Common, ImageOptions, Model, ModelOptions, admitted, load_network, parse_changes
from convscope.cli.results import write_figures
from convscope.cli.terminal import Terminal
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.graph import Network
    from convscope.transfer import Fold, Target, TransferResult
    from convscope.transfer.results import Weights

_PROTOCOL = Group("Protocol", sort_key=0)
_LEARNING = Group("Classifiers", sort_key=1)

_Number = TypeVar("_Number", int, float)


@Parameter(name="*", group=_PROTOCOL)
@dataclass(frozen=True)
class ProtocolOptions:
    """Which images are learned from and judged by."""

    per_class: str | None = None
    """Images a class to learn from, as 15,30; by default the target set's usual numbers."""
    test: str | None = None
    """Images a class to judge by, at most, or all."""
    folds: int | None = None
    """Random draws; by default 5."""
    background: Literal["in", "out"] | None = None
    """Whether the class that is no category (BACKGROUND_Google, 257.clutter) takes part."""
    voc_sets: str = "train,val"
    """The published sets of PASCAL VOC to learn from and to judge by."""


@Parameter(name="*", group=_LEARNING)
@dataclass(frozen=True)
class LearningOptions:
    """How classifiers learn."""

    classifiers: str = "softmax,svm"
    """softmax, svm or both."""
    c: Annotated[str | None, Parameter(name="--c")] = None
    """Values of C to choose from by cross-validation within the training part, as 0.1,1,10."""
    scaling: Literal["standard", "norm"] = "standard"
    """Every feature to variance 1, or all together."""
    pooling: Literal["auto", "flatten", "mean", "max"] = "auto"
    """How maps become numbers: as they are if few enough, else averaged on a grid; never, or to one a channel."""
    features: int | None = None
    """Numbers that a layer gives at most with --pooling auto."""


def transfer(
    model: Model,
    dataset: Annotated[str, Parameter(help="caltech101:DIR caltech256:DIR voc2012:DIR, or any images with labels")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for tables, figures and kept features")],
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    compare: Annotated[str | None, Parameter(group=_PROTOCOL)] = None,
    scratch_size: Annotated[int | None, Parameter(group=_PROTOCOL)] = None,
    scratch_set: Annotated[list[str] | None, Parameter(group=_PROTOCOL, negative=())] = None,
    atlas: Annotated[Path | None, Parameter(group=RUN)] = None,
    cache: Annotated[Path | None, Parameter(group=RUN)] = None,
    workers: Annotated[int | None, Parameter(group=RUN)] = None,
    protocol: ProtocolOptions | None = None,
    learning: LearningOptions | None = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Train new classifiers on the features of each layer, and judge them as the paper does.

    Features are computed once and kept, and so is each score: a run that was stopped goes on from them. Caltech-101,
    Caltech-256 and folders of classes: mean of per-class accuracies, with the standard deviation over folds. PASCAL
    VOC 2012: average precision of each class.

        convscope transfer zoo:squeezenet1_1 caltech101:data/caltech-101 -o transfer
        convscope transfer zoo:squeezenet1_1 npz:pack.npz -o transfer --per-class 15,30 --folds 3 --compare random
        convscope transfer zoo:alexnet voc2012:VOCdevkit/VOC2012 -o voc --weights alexnet.safetensors --layers fc8

    Parameters
    ----------
    layers
        Layers to take features from, separated by commas; by default one for each spatial stage, and the vectors.
    compare
        What to compare with: random (features of random weights), scratch (the network trained on each fold), or both.
    scratch_size
        Side of the input when the network is trained from scratch; by default the network's own.
    scratch_set
        Change of the recipe when the network is trained from scratch, as epochs=100; several times.
    atlas
        Folder of an atlas to add the result to.
    cache
        Folder that keeps features and scores; by default OUT/features.
    workers
        Threads that run the network; by default one a core.
    """
    common, asked = common or Common(), protocol or ProtocolOptions()
    models, how = options or ModelOptions(), learning or LearningOptions()
    versus = _names(compare, "--compare", ("random", "scratch"))
    changes = parse_changes(scratch_set, "--scratch-set")
    from convscope.transfer import Learning, Pooling, default_layers, measure_transfer, open_target, save_splits
    from convscope.transfer.classifiers import GRID
    from convscope.transfer.features import LIMIT
    from convscope.transfer.scratch import from_scratch, recipe_of

    kinds = _names(how.classifiers, "--classifiers", ("softmax", "svm"))
    learned = Learning(tuple(kinds), _numbers(how.c, "--c", float) or GRID, scaling=how.scaling, seed=common.seed)  # pyright: ignore[reportArgumentType]
    recipe = recipe_of(changes, seed=common.seed)
    target = open_target(dataset, background=asked.background, **admitted(allowance))
    folds = _folds(target, asked, common.seed)
    net = load_network(model, models, seed=common.seed)
    chosen = _layers(net, layers) or default_layers(net)
    others = _others(model, models, versus, seed=common.seed)
    terminal = common.terminal()
    terminal.remark(f"{net.name} on {target.describe()}; {len(folds)} folds; layers {', '.join(chosen)}")
    save_splits(folds, out / "splits.json", target=target, seed=common.seed)

    with terminal.progress() as progress:
        found = measure_transfer(
            net,
            target,
            layers=chosen,
            folds=folds,
            learning=learned,
            pooling=Pooling(how.pooling, how.features or LIMIT),
            weights="random" if models.weights == "random" else "pretrained",
            others=others,
            store=cache or out / "features",
            workers=workers,
            progress=progress,
        )
        if "scratch" in versus:
            scores = from_scratch(
                model,
                target,
                folds,
                recipe=recipe,
                size=scratch_size,
                store=cache or out / "features",
                seed=common.seed,
                device=models.device or "cpu",
                progress=progress,
            )
            told = {"size": scratch_size, **recipe.to_json()}
            found = replace(found.plus(scores), settings={**found.settings, "scratch": told})
    report(found, out, terminal, atlas=atlas)


def report(found: "TransferResult", out: Path, terminal: Terminal, *, atlas: Path | None = None) -> None:
    """Write a result with its figures, add it to an atlas, and show its tables."""
    from convscope.transfer.tables import tables

    found.save(out)
    pictures = write_figures(lambda: _figures(found), out, terminal)
    if atlas is not None:
        _to_atlas(found, atlas, pictures)
    terminal.result({"out": str(out), **found.to_json()})
    for table in tables(found):
        terminal.say(table.title)
        terminal.table(table.head, table.rows, right=range(1, len(table.head)))
        terminal.say()
    terminal.say(f"{len(found.scores)} scores: {out}")


def _figures(found: "TransferResult") -> dict[str, bytes]:
    """The figures by file name, of what there is more than one of; raises MissingExtra without matplotlib."""
    from convscope.figures.style import rendered
    from convscope.figures.transfer import layer_figure, size_figure

    made = {}
    if len(found.layers) > 1:
        made["layers.png"] = rendered(layer_figure(found))
    if len(found.sizes) > 1:
        made["sizes.png"] = rendered(size_figure(found))
    return made


def _to_atlas(found: "TransferResult", atlas: Path, pictures: dict[str, bytes]) -> None:
    from convscope.atlas.experiments import Table, add_experiment

    rows = [
        {"weights": r.weights, "layer": r.layer, "classifier": r.classifier, "images a class": r.per_class}
        | {"folds": r.folds, "mean": round(r.mean, 4), "std": None if r.std != r.std else round(r.std, 4)}
        for r in found.rows()
    ]
    best = max(found.rows(), key=lambda row: row.mean)
    captions = {
        "layers.png": "Accuracy by layer; bars: one standard deviation over folds.",
        "sizes.png": "Accuracy by the number of images a class to learn from.",
    }
    add_experiment(
        atlas,
        "transfer",
        title="Classifiers on the features of each layer",
        kind="transfer",
        summary=f"{found.network} on {found.target}. Best: {best.text()} % by {best.classifier} on {best.layer}.",
        figures=pictures,
        captions={name: captions[name] for name in pictures},
        table=Table.of(rows),
        settings=dict(found.settings),
    )


def _folds(target: "Target", asked: ProtocolOptions, seed: int) -> "Sequence[Fold]":
    from convscope.transfer import draw_folds, published_fold
    from convscope.transfer.splits import PROTOCOLS

    if target.sets:
        sets = [name.strip() for name in asked.voc_sets.split(",")]
        if len(sets) != 2:
            raise UsageError(f"--voc-sets {asked.voc_sets!r}: name two sets, as train,val")
        return [published_fold(target, train=sets[0], test=sets[1])]
    usual = PROTOCOLS[target.kind]
    sizes = _numbers(asked.per_class, "--per-class", int) or usual.per_class
    test = usual.test if asked.test is None else None
    if asked.test not in (None, "all"):
        test = _numbers(asked.test, "--test", int)[0]
    return draw_folds(target, per_class=sizes, folds=asked.folds or usual.folds, test=test, seed=seed)


def _others(model: str, models: ModelOptions, versus: Sequence[str], *, seed: int) -> "dict[Weights, Network]":
    """The network again with random weights, where that is asked for."""
    if "random" not in versus:
        return {}
    if model.partition(":")[0] in ("pt2", "file", "py"):
        raise UsageError(f"--compare random needs an architecture by name (zoo:, torchvision:, timm:), not {model}")
    return {"random": load_network(model.partition("@")[0], replace(models, weights="random"), seed=seed + 1)}


def _layers(net: "Network", text: str | None) -> list[str] | None:
    from convscope.cli.options import choose_layers

    return None if text is None else choose_layers(net, text)


def _names(text: str | None, option: str, known: tuple[str, ...]) -> list[str]:
    names = [] if text is None else [name.strip() for name in text.split(",") if name.strip()]
    strange = [name for name in names if name not in known]
    if strange or (text is not None and not names):
        raise UsageError(f"{option} {text!r}: choose from {', '.join(known)}, separated by commas")
    return names


def _numbers(text: str | None, option: str, kind: type[_Number]) -> tuple[_Number, ...]:
    """Positive numbers separated by commas; none without text."""
    if text is None:
        return ()
    try:
        found = tuple(kind(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: give numbers separated by commas") from error
    if min(found) <= 0:
        raise UsageError(f"{option} {text!r}: numbers above 0 are meant")
    return found


__all__ = ["transfer"]
