"""`convscope train`: a network of the paper's family, trained as the paper did or as a file says."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from convscope.cli.options import RUN, Common, ImageOptions, Images, admitted
from convscope.cli.results import write_figures
from convscope.cli.terminal import Terminal
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.training import Config, EpochLog, Trained

Protocol = Annotated[str, Parameter(help="imagenette-zfnet, imagenet-zfnet, imagenette-table3, or a TOML file")]
Run = Annotated[Path, Parameter(alias="-o", help="folder for log, checkpoints and state")]
Val = Annotated[str | None, Parameter(group=RUN, help="Images to validate on, where they are no part of the others.")]
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
    out: Run,
    val: Val = None,
    hold_out: HoldOut = None,
    change: Settings = None,
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    keep: Annotated[Literal["auto", "memory", "stream"], Parameter(group=RUN)] = "auto",
    threads: Annotated[int, Parameter(group=RUN)] = 2,
    save_every: Annotated[int, Parameter(group=RUN)] = 1000,
    device: Device = None,
    allowance: ImageOptions | None = None,
    common: Common | None = None,
) -> None:
    """Train AlexNet, ZFNet or a variant of them, by the paper's recipe or one of your own.

    The data has parts for training and validation (a pack's splits, a folder's train and val), or they are named apart.
    A training that was stopped goes on from its last state when the same command is run again, and ends with the same
    weights. Checkpoints load as whole networks: `file:RUN/checkpoints/epoch-0064.safetensors`.

        convscope train imagenette-zfnet npz:imagenette128.npz -o run
        convscope train imagenette-zfnet photos/ --hold-out 0.1 -o run --set epochs=10 --set width=0.25
        convscope train mine.toml photos/train --val photos/val -o run
        torchrun --nproc-per-node 8 -m convscope train imagenet-zfnet imagenet/ -o run

    Parameters
    ----------
    limit
        Images to take of each part, at most, evenly spread.
    keep
        Whether training images are decoded once and kept in memory, or decoded anew each epoch.
    threads
        Threads that make batches ahead of the network.
    save_every
        Updates of an epoch between saved states.
    """
    common = common or Common()
    from convscope.memory import keep_freed_memory
    from convscope.training import train as fit
    from convscope.training.splits import open_splits

    keep_freed_memory()
    wanted = configure(config, change, seed=common.seed)
    source, validation = open_splits(data, val=val, hold_out=hold_out, limit=limit, **admitted(allowance))
    terminal = common.terminal()
    terminal.remark(f"{wanted.name}: {wanted.network.architecture(len(source.classes) or 1).describe()}")
    terminal.remark(f"on {source.describe()}")
    terminal.remark("no validation images" if validation is None else f"validated on {validation.describe()}")
    with terminal.progress() as progress:
        done = fit(
            wanted,
            source,
            out,
            validation=validation,
            device=device,
            keep=keep,
            threads=threads,
            save_every=save_every,
            progress=progress,
            on_epoch=lambda log: terminal.remark(line(log, wanted.recipe.epochs)),
        )
    if done.leads:
        report(done, out, terminal)


def configure(spec: str, changes: list[str] | None, *, seed: int = 0) -> "Config":
    """The training that a name or file describes, with changes `name=value` and, unless it is 0, another seed."""
    from dataclasses import fields

    from convscope.training import Config, Recipe, read_config

    config = read_config(spec).to_json()
    recipe = {field.name for field in fields(Recipe)}
    for change in changes or ():
        name, equals, text = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change!r} is no change: write it as epochs=5")
        config["recipe" if name.strip() in recipe else "network"][name.strip()] = _value(text)
    if seed:
        config["recipe"]["seed"] = seed
    return Config.from_json(config)


def _value(text: str) -> Any:
    """A value as TOML spells it, or the text itself.

    >>> _value("[1, 5]"), _value("0.5"), _value("random")
    ([1, 5], 0.5, 'random')
    """
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def line(log: "EpochLog", epochs: int) -> str:
    """What is said of an epoch when it ends."""
    validated = "" if log.val_error is None else f", validation {log.val_error:.1%}"
    return (
        f"epoch {log.epoch}/{epochs}: loss {log.loss:.3f}, error {log.error:.1%}{validated}, rate "
        f"{log.learning_rate:.2g}, {log.images_per_second:.0f} images/s"
    )


def report(done: "Trained", out: Path, terminal: Terminal) -> None:
    """Show how a training ended, and draw its curves where matplotlib is there."""
    from dataclasses import asdict

    from convscope.training.logs import BOARD, board_installed

    pictures = write_figures(lambda: figures(done.history), out, terminal)
    checkpoints = {epoch: str(path) for epoch, path in done.run.checkpoints().items()}
    terminal.result(
        {
            "out": str(out),
            "network": done.run.architecture.describe(),
            "epochs": [asdict(log) for log in done.history],
            "checkpoints": checkpoints,
            "figure": str(out / "curves.png") if pictures else None,
            "tensorboard": str(out / BOARD) if (out / BOARD).is_dir() else None,
        }
    )
    last = done.history[-1]
    best = min((log.val_error for log in done.history if log.val_error is not None), default=None)
    terminal.say(line(last, last.epoch))
    if best is not None:
        terminal.say(f"best validation error {best:.1%}")
    terminal.say(f"checkpoints: {', '.join(map(str, checkpoints))}: {out}")
    if not board_installed():
        terminal.remark("no event files for TensorBoard: install 'convscope[tensorboard]'")


def figures(history: "list[EpochLog]") -> dict[str, bytes]:
    """The figure by its file name; raises MissingExtra without matplotlib."""
    from convscope.figures.style import rendered
    from convscope.figures.training import draw_curves

    return {"curves.png": rendered(draw_curves(history))}
