"""`convscope evolve`: how units came to respond to what they respond to, from the checkpoints of a training."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convscope.cli.options import (
    MODEL,
    RUN,
    Cache,
    Common,
    ImageOptions,
    Images,
    ModelOptions,
    load_network,
    open_images,
)
from convscope.cli.results import AddTo, EntryName, without_nan, write_figures, write_table
from convscope.cli.terminal import Terminal
from convscope.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from convscope.methods.evolution import Evolution

_ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt", ".npz")


def evolve(
    run: Annotated[Path, Parameter(help="folder of a training, or of its checkpoints")],
    images: Images,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for figures, tables and what is kept")],
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    unit: Annotated[list[str] | None, Parameter(alias="-u", group=RUN, negative=())] = None,
    units: Annotated[int, Parameter(group=RUN)] = 6,
    epochs: Annotated[str | None, Parameter(group=RUN)] = None,
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    sample: Annotated[int, Parameter(group=RUN)] = 1000,
    threshold: Annotated[float, Parameter(group=RUN)] = 0.9,
    cache: Cache = None,
    atlas: AddTo = None,
    name: EntryName = None,
    model: Annotated[str | None, Parameter(group=MODEL)] = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Follow units through the checkpoints of a training, and say when each layer's features settle.

    For every checkpoint: the image that excites each unit most, its projection, whether it jumped to another image
    since the checkpoint before; and how far each layer's responses are what they are at the last. Work on a checkpoint
    is kept in OUT: stopped, the same command goes on; with more checkpoints, it looks at the new ones only.

        convscope evolve runs/zfnet npz:imagenette.npz#train -o evolution
        convscope evolve runs/zfnet photos/ -o evolution --layers relu1,relu5 --units 8 --epochs 1,2,5,10
        convscope evolve checkpoints/ photos/ -o evolution --model zoo:alexnet -u relu5:17 -u relu5:40

    Parameters
    ----------
    layers
        Layers to follow, separated by commas; by default the rectified maps, or one a stage where they are many.
    unit
        Unit to project, instead of some drawn from each layer; may be given several times.
    units
        How many units of each layer are drawn, by --seed.
    epochs
        Epochs to look at, as 1,2,5,10; by default all that have a checkpoint.
    limit
        Images to look at, at most, evenly spread.
    sample
        Images on which responses are compared, evenly spread.
    threshold
        Correlation with the last checkpoint from which features count as settled.
    model
        Network that the checkpoints are weights of, where they do not say so themselves.
    """
    common = common or Common()
    asked = options or ModelOptions()
    files = checkpoints(run, _epochs(epochs))
    from convscope.methods.evolution import evolution

    def load(path: Path) -> Any:
        if model is None:
            return load_network(f"file:{path}", asked, seed=common.seed)
        return load_network(model, replace(asked, weights=str(path)), seed=common.seed)

    source = open_images(images, cache, limit=limit, allowance=allowance)
    terminal = common.terminal()
    terminal.remark(f"epochs {', '.join(map(str, files))} of {run} on {source.describe()}")
    with terminal.progress() as progress:
        found = evolution(
            [(epoch, partial(load, path)) for epoch, path in files.items()],
            source,
            layers=None if layers is None else [name.strip() for name in layers.split(",") if name.strip()],
            units=unit or units,
            sample=sample,
            threshold=threshold,
            store=out / "checkpoints",
            seed=common.seed,
            progress=progress,
        )
    report(found, out, terminal, atlas=atlas, name=name)


def checkpoints(run: Path, wanted: Sequence[int] | None = None) -> dict[int, Path]:
    """The files of weights in the folder of a training, or of its checkpoints, by epoch, in order.

    The epoch is the last number in a file's name, as in epoch-0012.safetensors.

    Raises:
        WeightsError: if there are none, two of one epoch, or none of a wanted epoch.
    """
    folder = run / "checkpoints" if (run / "checkpoints").is_dir() else run
    if not folder.is_dir():
        raise WeightsError(f"{run} is no folder: give the folder of a training, or of its checkpoints")
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        number = re.search(r"(\d+)(?!.*\d)", path.stem)
        if path.suffix.lower() in _ENDINGS and number is not None:
            epoch = int(number[1])
            if epoch in found:
                raise WeightsError(
                    f"{found[epoch].name} and {path.name} in {folder} are both of epoch {epoch}: keep one"
                )
            found[epoch] = path
    if not found:
        raise WeightsError(
            f"no checkpoint in {folder}: files of weights whose names end in their epoch are needed, such as "
            "epoch-0012.safetensors"
        )
    missing = [epoch for epoch in wanted or () if epoch not in found]
    if missing:
        raise WeightsError(
            f"no checkpoint of epoch {missing[0]} in {folder} (there are {', '.join(map(str, sorted(found)))})"
        )
    return {epoch: found[epoch] for epoch in sorted(found) if wanted is None or epoch in wanted}


def _epochs(text: str | None) -> list[int] | None:
    if text is None:
        return None
    if re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", text) is None:
        raise UsageError(f"--epochs {text!r} is no list of epochs: give them as 1,2,5,10")
    return [int(part) for part in text.split(",")]


def report(
    found: "Evolution", out: Path, terminal: Terminal, *, atlas: Path | None = None, name: str | None = None
) -> None:
    """Write a result with its figures, add it to an atlas, and show when each layer settles."""
    from convscope.atlas.experiments import Table, add_experiment
    from convscope.files import write_json

    document = without_nan(found.to_json())
    write_json(out / "evolution.json", document)
    write_table(out / "layers.csv", found.rows())
    pictures = write_figures(lambda: figures(found), out, terminal)
    if atlas is not None:
        add_experiment(
            atlas,
            name or "evolution",
            title="How features come about",
            kind="evolution",
            summary=summary(found),
            figures=pictures,
            captions={file: _CAPTIONS[file] for file in pictures},
            table=Table.of(found.rows()),
            units=[str(one.unit) for one in found.units],
            settings={"epochs": list(found.epochs), "sample": found.sample, "threshold": found.threshold},
        )
    terminal.result({"out": str(out), **document})
    rows = [_row(found, one.layer) for one in found.layers]
    head = ("layer", "units", "settled at", *(f"epoch {epoch}" for epoch in found.epochs), "jumped last")
    terminal.say("likeness of responses to those at the last checkpoint")
    terminal.table(head, rows, right=range(1, len(head)))
    terminal.say()
    terminal.say(f"{summary(found)} {out}")


def figures(found: "Evolution") -> dict[str, bytes]:
    """The figures by file name; raises MissingExtra without matplotlib."""
    from convscope.figures.evolution import draw_settling, draw_units
    from convscope.figures.style import rendered

    made = {"settling.png": rendered(draw_settling(found))}
    if found.units:
        made["units.png"] = rendered(draw_units(found))
    return made


_CAPTIONS = {
    "settling.png": "Likeness of each layer's responses to those at the last checkpoint (dotted: between different "
    "units; dots: settled) and at the one before; share of units whose strongest image is already the final one.",
    "units.png": "The strongest response of some units at each epoch, projected to pixels; a bar marks that another "
    "image took over.",
}


def summary(found: "Evolution") -> str:
    """When the layers settle, in a sentence.

    A layer that settles at the last checkpoint was still changing.
    """
    settled = ", ".join(f"{one.layer} at {_settled(found, one.layer)}" for one in found.layers)
    return f"Features settle (correlation {found.threshold:g} with the last checkpoint): {settled}."


def _settled(found: "Evolution", layer: str) -> str:
    epoch = found.settled(layer)
    return f"{epoch} (still changing)" if epoch == found.epochs[-1] else str(epoch)


def _row(found: "Evolution", layer: str) -> tuple[str, ...]:
    one = found[layer]
    likeness = (f"{value:.2f}" for value in one.settling.final)
    return (layer, str(one.images.shape[1]), str(found.settled(layer)), *likeness, f"{one.jumped[-1]:.0%}")
