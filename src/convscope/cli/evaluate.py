"""`convscope evaluate`: how well a network answers, or several together."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.present import AddTo, EntryName, present
from convscope.cli.wording import in_words


def evaluate(
    model: opt.Model, images: opt.Images, /, *,
    views: Annotated[Literal["centre", "ten"], Parameter(group=opt.RUN)] = "centre",
    with_: Annotated[list[str] | None, Parameter(name="--with", alias="-w", group=opt.RUN, negative=())] = None,
    crop_source: Annotated[Literal["square", "whole"], Parameter(group=opt.RUN)] = "square",
    padding: Annotated[int | None, Parameter(group=opt.RUN)] = None,
    match: Annotated[Literal["name", "index"], Parameter(group=opt.RUN)] = "name",
    truth: Annotated[Path | None, Parameter(group=opt.RUN)] = None, limit: opt.Limit = None,
    workers: opt.Workers = None, store: Annotated[Path | None, Parameter(alias="-o", group=opt.RUN)] = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Measure how well a network answers to labelled images, by what its output is, from one crop or the paper's ten.

    Top-1 and top-5 accuracy of classes; AUROC, sensitivity and specificity of one class; average precision of labels;
    MAE and R2 of values; IoU of maps; with intervals of 95 %. Several networks are an ensemble of averaged scores.

        convscope evaluate zoo:zfnet-imagenette npz:imagenette128.npz#val
        convscope evaluate zoo:squeezenet1_1 imagenet/val --views ten --json
        convscope evaluate file:a.safetensors photos/val --with file:b.safetensors -o evaluation
        convscope evaluate py:nets:a val.csv --weights a.pth --with "py:nets:b --weights b.pth --input-size 96"

    Args:
        views: The centre crop, or ten: corners and centre, each also flipped.
        with_: Further network of an ensemble, and after its name its own options (--weights, --preprocess, --input-size
            ...) in the same quotes; may be given several times.
        crop_source: Corners of ten crops are the central square's, or the whole image's.
        padding: Mean colour around images for ten crops, in pixels; by default as much as the crops need.
        match: Classes of images and network belong together by name, or by their order. Where one side has no names and
            both have as many classes, the order is taken and said.
        truth: What is true where it is no class: a CSV file of an image and its numbers a line, a folder of masks or
            of maps of numbers.
        store: Folder for evaluation.json, with the confusion of classes, its figure, predictions.csv (every image's
            answer) and misclassified.csv, a list that opens as a collection.
    """
    terminal = common.terminal()
    nets = list(opt.load_all([model, *(with_ or ())], options))
    source = opt.open_images(images, allowance, limit=limit)
    terminal.remark(f"{', '.join(net.name for net in nets)} on {source.describe()}")
    with terminal.progress() as progress:
        found = convscope.evaluate(
            nets, source, store=store, views=views, crop_source=crop_source, padding=padding,
            match=match, truth=truth, workers=workers, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    for line in (*found.mistakes, found.summary):
        terminal.say(in_words(line))
