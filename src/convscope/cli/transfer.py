"""`convscope transfer`: how well classifiers on a network's features tell other images apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter

import convscope
from convscope.cli.options import RUN, Common, ImageOptions, Limit, Model, ModelOptions, Workers, admitted, loader
from convscope.cli.parsing import parse_changes, parse_names, parse_numbers
from convscope.cli.present import AddTo, EntryName, present
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.generalisation import Fold, Learning, TargetSet
    from convscope.graph import Network

_PROTOCOL = Group("Protocol", sort_key=0)
_LEARNING = Group("Classifiers", sort_key=1)


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

    def keywords(self) -> dict[str, Any]:
        """The options as arguments of a function."""
        sets = parse_names(self.voc_sets, "voc-sets") or []
        if len(sets) != 2:
            raise UsageError(f"--voc-sets {self.voc_sets!r}: name two sets, as train,val")
        test = self.test if self.test in (None, "all") else parse_numbers(self.test, "test", int)[0]
        per_class = parse_numbers(self.per_class, "per-class", int) or None
        asked = {"per_class": per_class, "test": test, "folds": self.folds, "background": self.background}
        return {**asked, "sets": tuple(sets)}


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

    def learning(self, seed: int) -> "Learning":
        """How classifiers learn."""
        from convscope.generalisation import Learning
        from convscope.generalisation.classifiers import GRID

        kinds: Any = parse_names(self.classifiers, "classifiers", ("softmax", "svm"))
        return Learning(tuple(kinds), parse_numbers(self.c, "c", float) or GRID, scaling=self.scaling, seed=seed)


def transfer(
    model: Model,
    images: Annotated[str, Parameter(help="caltech101:DIR caltech256:DIR voc2012:DIR, or any images with labels")], /,
    *, store: Annotated[Path, Parameter(alias="-o", help="folder for tables, figures and kept features")],
    layers: Annotated[str | None, Parameter(group=RUN)] = None, limit: Limit = None,
    compare: Annotated[str | None, Parameter(group=_PROTOCOL)] = None,
    scratch_size: Annotated[int | None, Parameter(group=_PROTOCOL)] = None,
    scratch_set: Annotated[list[str] | None, Parameter(group=_PROTOCOL, negative=())] = None, atlas: AddTo = None,
    name: EntryName = None, feature_store: Annotated[Path | None, Parameter(group=RUN)] = None, workers: Workers = None,
    protocol: ProtocolOptions = ProtocolOptions(), learning: LearningOptions = LearningOptions(),
    allowance: ImageOptions = ImageOptions(), options: ModelOptions = ModelOptions(), common: Common = Common(),
) -> None:  # fmt: skip
    """Train new classifiers on the features of each layer, and judge them as the paper does.

    Features are computed once and kept, and so is each score: a run that was stopped goes on from them. Caltech-101,
    Caltech-256 and folders of classes: mean of per-class accuracies, with the standard deviation over folds. PASCAL
    VOC 2012: average precision of each class.

        convscope transfer zoo:squeezenet1_1 caltech101:data/caltech-101 -o transfer
        convscope transfer zoo:squeezenet1_1 npz:pack.npz -o transfer --per-class 15,30 --folds 3 --compare random
        convscope transfer zoo:alexnet voc2012:VOCdevkit/VOC2012 -o voc --weights alexnet.safetensors --layers fc8

    Args:
        layers: Layers to take features from, separated by commas; by default one for each spatial stage, and the
            vectors.
        compare: What to compare with: random (features of random weights), scratch (the network trained on each fold),
            or both.
        scratch_size: Side of the input when the network is trained from scratch; by default the network's own.
        scratch_set: Change of the recipe when the network is trained from scratch, as epochs=100; several times.
        feature_store: Folder that keeps features and scores; by default STORE/features.
    """
    terminal = common.terminal()

    def said(net: "Network", target: "TargetSet", folds: "Sequence[Fold]", layers: "Sequence[str]") -> None:
        terminal.remark(f"{net.name} on {target.describe()}; {len(folds)} folds; layers {', '.join(layers)}")

    with terminal.progress() as progress:
        found = convscope.transfer(
            model, images, store=store, layers=parse_names(layers, "layers"), limit=limit,
            compare=parse_names(compare, "compare", ("random", "scratch")) or (),  # pyright: ignore[reportArgumentType]
            learning=learning.learning(options.seed), pooling=learning.pooling, features=learning.features,
            scratch_size=scratch_size, scratch_changes=parse_changes(scratch_set, "scratch-set"),
            weights=options.weights, loading=loader(options), device=options.device, feature_store=feature_store,
            workers=workers, seed=options.seed, atlas=atlas, name=name, progress=progress, on_start=said,
            **protocol.keywords(), **admitted(allowance),
        )  # fmt: skip
    present(found, terminal)
    terminal.say(f"{len(found.found.scores)} scores: {store}")
