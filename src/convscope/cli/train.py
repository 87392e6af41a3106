"""`convscope train`: a network of the paper's family, trained as the paper did or as a file says."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli.options import RUN, Common, ImageOptions, Images, Limit, Seed, Workers, admitted
from convscope.cli.parsing import parse_changes
from convscope.cli.present import present

Protocol = Annotated[str, Parameter(help="imagenette-zfnet, imagenet-zfnet, imagenette-table3, or a TOML file")]
Run = Annotated[Path, Parameter(alias="-o", help="folder for log, checkpoints and state")]
Validation = Annotated[
    str | None, Parameter(group=RUN, help="Images to validate on, if they are no part of the others.")
]
HoldOut = Annotated[float | None, Parameter(group=RUN, help="Share of each class to validate on, not to train on.")]
_SET = "Change of the recipe or the network, as epochs=5; several times."
Settings = Annotated[list[str] | None, Parameter(name="--set", group=RUN, negative=(), help=_SET)]
Device = Annotated[str | None, Parameter(group=RUN, help="Where to compute; by default CUDA where there is some.")]


def train(
    config: Protocol, images: Images, /, *, store: Run, validation: Validation = None, hold_out: HoldOut = None,
    change: Settings = None, limit: Limit = None,
    keep: Annotated[Literal["auto", "memory", "stream"], Parameter(group=RUN)] = "auto", workers: Workers = None,
    save_every: Annotated[int, Parameter(group=RUN)] = 1000, device: Device = None, seed: Seed = 0,
    allowance: ImageOptions = ImageOptions(), common: Common = Common(),
) -> None:  # fmt: skip
    """Train AlexNet, ZFNet or a variant of them, by the paper's recipe or one of your own.

    The images have parts for training and validation (a pack's splits, a folder's train and val), or they are named
    apart. A training that was stopped goes on from its last state when the same command is run again, and ends with
    the same weights. Checkpoints load as whole networks: `file:RUN/checkpoints/epoch-0064.safetensors`.

        convscope train imagenette-zfnet npz:imagenette128.npz -o run
        convscope train imagenette-zfnet photos/ --hold-out 0.1 -o run --set epochs=10 --set width=0.25
        convscope train mine.toml photos/train --validation photos/val -o run
        torchrun --nproc-per-node 8 -m convscope train imagenet-zfnet imagenet/ -o run

    Args:
        keep: Whether training images are decoded once and kept in memory, or decoded anew each epoch.
        save_every: Updates of an epoch between saved states.
    """
    from convscope.studies.training import Told

    terminal = common.terminal()
    told = Told(terminal.remark)
    with terminal.progress() as progress:
        found = convscope.train(
            config, images, store, validation=validation, hold_out=hold_out, changes=parse_changes(change, "set"),
            limit=limit, keep=keep, workers=workers, save_every=save_every, device=device, seed=seed,
            progress=progress, on_epoch=told.epoch, on_start=told.start, **admitted(allowance),
        )  # fmt: skip
    if found.leads:
        present(found, terminal)
        terminal.say(f"{found.summary}\ncheckpoints: {', '.join(map(str, found.checkpoints))}: {store}")
