"""`convscope ablate`: the paper's Table 3 on your images."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import convscope
from convscope.cli.options import RUN, Common, ImageOptions, Images, Limit, Seed, Workers, admitted
from convscope.cli.parsing import parse_changes, parse_names
from convscope.cli.present import AddTo, EntryName, present
from convscope.cli.train import Device, HoldOut, Protocol, Settings, Validation
from convscope.errors import UsageError


def ablate(
    config: Protocol, images: Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the trainings and the table")],
    variants: Annotated[str | None, Parameter(group=RUN)] = None, seeds: Annotated[int, Parameter(group=RUN)] = 3,
    validation: Validation = None, hold_out: HoldOut = None, change: Settings = None, limit: Limit = None,
    workers: Workers = None, device: Device = None, seed: Seed = 0, atlas: AddTo = None, name: EntryName = None,
    allowance: ImageOptions = ImageOptions(), common: Common = Common(),
) -> None:  # fmt: skip
    """Train a network with layers removed or widened, several times each, and show the paper's Table 3.

    All variants have the same recipe. Trainings that are finished are kept: the same command goes on where it was, and
    shows the table.

        convscope ablate imagenette-table3 npz:imagenette128.npz -o table3
        convscope ablate imagenette-table3 photos/ -o table3 --variants base,no-3-4,no-7 --seeds 1

    Args:
        variants: Rows of the table, separated by commas: base, no-3-4, no-7, no-6-7, no-3-4-6-7, fc-half, fc-double,
            wide-3-4-5, wide-3-4-5-fc-double. By default all.
        seeds: Trainings of each variant, from seeds 0, 1, ...
    """
    if seeds < 1:
        raise UsageError(f"--seeds is at least 1, found {seeds}")
    from convscope.studies.training import Told

    terminal = common.terminal()
    with terminal.progress() as progress:
        found = convscope.ablate(
            config, images, store, variants=parse_names(variants, "variants"),
            seeds=range(seed, seed + seeds), validation=validation, hold_out=hold_out,
            changes=parse_changes(change, "set"), limit=limit, workers=workers, device=device, atlas=atlas, name=name,
            progress=progress, on_start=Told(terminal.remark).start, **admitted(allowance),
        )  # fmt: skip
    present(found, terminal)
    terminal.say(f"errors in per cent, mean and standard deviation over seeds; {found.found.config.name}: {store}")
