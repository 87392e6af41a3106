"""`convscope train`: a network of the paper's family, trained as the paper did or as a file says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from convscope.cli.options import RUN, Common, ImageOptions, Images, Limit, Seed, Workers, admitted, keep_memory
from convscope.cli.parsing import parse_changes
from convscope.cli.present import present
from convscope.cli.terminal import Terminal

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.training import Config, EpochLog

Protocol = Annotated[str, Parameter(help="imagenette-zfnet, imagenet-zfnet, imagenette-table3, or a TOML file")]
Run = Annotated[Path, Parameter(alias="-o", help="folder for log, checkpoints and state")]
Validation = Annotated[
    str | None, Parameter(group=RUN, help="Images to validate on, where they are no part of the others.")
]
HoldOut = Annotated[
    float | None, Parameter(group=RUN, help="Share of each class to validate on instead of training on it.")
]
Settings = Annotated[
    list[str] | None,
    Parameter(
        name="--set", group=RUN, negative=(), help="Change of the recipe or the network, as epochs=5; several times."
    ),
]
Device = Annotated[str | None, Parameter(group=RUN, help="Where to compute; by default CUDA where there is some.")]


def train(
    config: Protocol,
    data: Images,
    /,
    *,
    store: Run,
    validation: Validation = None,
    hold_out: HoldOut = None,
    change: Settings = None,
    limit: Limit = None,
    keep: Annotated[Literal["auto", "memory", "stream"], Parameter(group=RUN)] = "auto",
    workers: Workers = None,
    save_every: Annotated[int, Parameter(group=RUN)] = 1000,
    device: Device = None,
    seed: Seed = 0,
    allowance: ImageOptions | None = None,
    common: Common | None = None,
) -> None:
    """Train AlexNet, ZFNet or a variant of them, by the paper's recipe or one of your own.

    The data has parts for training and validation (a pack's splits, a folder's train and val), or they are named apart.
    A training that was stopped goes on from its last state when the same command is run again, and ends with the same
    weights. Checkpoints load as whole networks: `file:RUN/checkpoints/epoch-0064.safetensors`.

        convscope train imagenette-zfnet npz:imagenette128.npz -o run
        convscope train imagenette-zfnet photos/ --hold-out 0.1 -o run --set epochs=10 --set width=0.25
        convscope train mine.toml photos/train --validation photos/val -o run
        torchrun --nproc-per-node 8 -m convscope train imagenet-zfnet imagenet/ -o run

    Parameters
    ----------
    keep
        Whether training images are decoded once and kept in memory, or decoded anew each epoch.
    save_every
        Updates of an epoch between saved states.
    """
    common = common or Common()
    from convscope import studies

    keep_memory()
    terminal = common.terminal()
    told = Told(terminal)
    with terminal.progress() as progress:
        found = studies.train(
            config, data, store, validation=validation, hold_out=hold_out, changes=parse_changes(change, "set"),
            limit=limit, keep=keep, workers=workers, save_every=save_every, device=device, seed=seed,
            progress=progress, on_epoch=told.epoch, on_start=told.start, **admitted(allowance),
        )  # fmt: skip
    if found.done is None or found.done.leads:
        present(found, terminal)
        terminal.say(found.summary)
        terminal.say(f"checkpoints: {', '.join(map(str, found.checkpoints))}: {store}")


class Told:
    """What is said of a training while it goes on."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal, self._epochs = terminal, 0

    def start(self, config: "Config", source: "Source", validation: "Source | None") -> None:
        """Remark what is trained on what."""
        self._epochs = config.recipe.epochs
        self._terminal.remark(f"{config.name}: {config.network.architecture(len(source.classes) or 1).describe()}")
        self._terminal.remark(f"on {source.describe()}")
        held = "no validation images" if validation is None else f"validated on {validation.describe()}"
        self._terminal.remark(held)

    def epoch(self, log: "EpochLog") -> None:
        """Remark how an epoch ended."""
        from convscope.studies.training import epoch_line

        self._terminal.remark(epoch_line(log, self._epochs))
