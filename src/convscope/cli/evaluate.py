"""`convscope evaluate`: how often a network is right, or several together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from convscope.cli.options import (
    RUN,
    Common,
    ImageOptions,
    Images,
    Model,
    ModelOptions,
    admitted,
    json_number,
    load_network,
)
from convscope.cli.results import write_figures
from convscope.cli.terminal import Terminal

if TYPE_CHECKING:
    from convscope.training import Evaluation


def evaluate(
    model: Model,
    data: Images,
    /,
    *,
    views: Annotated[Literal["1", "10"], Parameter(group=RUN)] = "1",
    with_: Annotated[list[str] | None, Parameter(name="--with", alias="-w", group=RUN, negative=())] = None,
    crop_source: Annotated[Literal["square", "whole"], Parameter(group=RUN)] = "square",
    padding: Annotated[int | None, Parameter(group=RUN)] = None,
    match: Annotated[Literal["name", "index"], Parameter(group=RUN)] = "name",
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    threads: Annotated[int, Parameter(group=RUN)] = 2,
    out: Annotated[Path | None, Parameter(alias="-o", group=RUN)] = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Measure top-1 and top-5 accuracy on labelled images, by class, from one crop or the paper's ten.

    Several networks are an ensemble: their probabilities are averaged.

        convscope evaluate zoo:zfnet-imagenette npz:imagenette128.npz#val
        convscope evaluate zoo:squeezenet1_1 imagenet/val --views 10 --json
        convscope evaluate file:a.safetensors photos/val --with file:b.safetensors -o evaluation

    Parameters
    ----------
    views
        The centre crop, or ten: corners and centre, each also flipped.
    with_
        Further network of an ensemble; may be given several times.
    crop_source
        Corners of ten crops are the central square's, or the whole image's.
    padding
        Mean colour around images for ten crops, in pixels; by default as much as the crops need.
    match
        Classes of images and network belong together by name, or by their order.
    limit
        Images to take, at most, evenly spread.
    threads
        Threads that decode images.
    out
        Folder for evaluation.json, with the confusion of classes, and its figure.
    """
    common, asked = common or Common(), options or ModelOptions()
    from convscope.data import open_source
    from convscope.training import evaluate as measure

    nets = [load_network(model, asked, seed=common.seed)]
    alone = ModelOptions(device=asked.device, dtype=asked.dtype)
    nets += [load_network(spec, alone, seed=common.seed) for spec in with_ or ()]
    source = open_source(data, limit=limit, **admitted(allowance))
    terminal = common.terminal()
    terminal.remark(f"{', '.join(net.name for net in nets)} on {source.describe()}")
    with terminal.progress() as progress:
        found = measure(
            nets,
            source,
            views="centre" if views == "1" else "ten",
            crop_source=crop_source,
            padding=padding,
            match=match,
            threads=threads,
            progress=progress,
        )
    report(found, terminal, out=out)


def report(found: "Evaluation", terminal: Terminal, *, out: Path | None = None) -> None:
    """Show an evaluation and, where a folder is named, write it."""
    document = found.to_json()
    if out is not None:
        from convscope.files import write_json

        write_json(out / "evaluation.json", document)
        write_figures(lambda: figures(found), out, terminal)
    terminal.result(document)
    for one in found.failures:
        terminal.remark(f"left out {one.name}: {one.reason}")
    shares = [json_number(share) for share in found.class_top1]
    if len(found.classes) <= 40:
        rows = [
            (name, str(count), "-" if share is None else f"{share:.1%}")
            for name, count, share in zip(found.classes, found.counts, shares, strict=True)
        ]
        terminal.table(("class", "images", "top-1"), rows, right=(1, 2))
        terminal.say()
    for name, answer, count in found.confused(3):
        terminal.say(f"{count} of {name} were taken for {answer}")
    crops = "centre crop" if found.views == "centre" else "ten crops"
    who = "" if len(found.networks) == 1 else f", {len(found.networks)} networks together"
    terminal.say(
        f"top-1 {found.top1:.2%}, top-5 {found.top5:.2%}, mean of classes {found.mean_class_top1:.2%} "
        f"on {found.images} images, {crops}{who}"
    )


def figures(found: "Evaluation") -> dict[str, bytes]:
    """The figure by its file name; raises MissingExtra without matplotlib."""
    from convscope.figures.style import rendered
    from convscope.figures.training import draw_confusion

    return {"confusion.png": rendered(draw_confusion(found))}
