"""`convscope evolve`: how units came to respond to what they respond to, from the checkpoints of a training."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names, parse_numbers
from convscope.cli.present import AddTo, EntryName, present


def evolve(
    run: Annotated[Path, Parameter(help="folder of a training, or of its checkpoints")], images: opt.Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for figures, tables and what is kept")],
    layers: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    units: Annotated[list[str] | None, Parameter(alias="-u", group=opt.RUN, negative=())] = None,
    epochs: Annotated[str | None, Parameter(group=opt.RUN)] = None, limit: opt.Limit = None,
    sample: Annotated[int, Parameter(group=opt.RUN)] = 1000,
    threshold: Annotated[float, Parameter(group=opt.RUN)] = 0.9, cache: opt.Cache = None, atlas: AddTo = None,
    name: EntryName = None, model: Annotated[str | None, Parameter(group=opt.MODEL)] = None,
    allowance: opt.ImageOptions = opt.ImageOptions(), options: opt.ModelOptions = opt.ModelOptions(),
    common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Follow units through the checkpoints of a training, and say when each layer's features settle.

    For every checkpoint: the image that excites each unit most, its projection, whether it jumped to another image
    since the checkpoint before; and how far each layer's responses are what they are at the last. Work on a checkpoint
    is kept in STORE: stopped, the same command goes on; with more checkpoints, it looks at the new ones only.

        convscope evolve runs/zfnet npz:imagenette.npz#train -o evolution
        convscope evolve runs/zfnet photos/ -o evolution --layers relu1,relu5 --units 8 --epochs 1,2,5,10
        convscope evolve checkpoints/ photos/ -o evolution --model zoo:alexnet -u relu5:17 -u relu5:40

    Args:
        layers: Layers to follow, separated by commas; by default the rectified maps, or one a stage where they are
            many.
        units: Unit to project, may be given several times; or how many of each layer are drawn by --seed, by default 6.
        epochs: Epochs to look at, as 1,2,5,10; by default all that have a checkpoint.
        sample: Images on which responses are compared, evenly spread.
        threshold: Correlation with the last checkpoint from which features count as settled.
        model: Network that the checkpoints are weights of, where they do not say so themselves.
    """
    from convscope.studies.asking import units_or_count

    source = opt.open_images(images, allowance, limit=limit, cache=cache)
    terminal = common.terminal()
    terminal.remark(f"{run} on {source.describe()}")
    with terminal.progress() as progress:
        found = convscope.evolve(
            run, source, store=store, layers=parse_names(layers, "layers"), units=units_or_count(units, 6),
            epochs=parse_numbers(epochs, "epochs", int, zero="admitted") or None, sample=sample, threshold=threshold,
            model=model, loading=opt.loader(options), seed=options.seed, atlas=atlas, name=name,
            progress=progress,
        )  # fmt: skip
    present(found, terminal)
    terminal.say(f"{found.summary} {store}")
