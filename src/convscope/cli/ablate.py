"""`convscope ablate`: the paper's Table 3 on your images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convscope.cli.options import RUN, Common, ImageOptions, Images, admitted
from convscope.cli.results import write_figures
from convscope.cli.terminal import Terminal
from convscope.cli.train import Device, HoldOut, Protocol, Settings, Val, configure
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.training import Ablation, Row


def ablate(
    config: Protocol,
    data: Images,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for the trainings and the table")],
    variants: Annotated[str | None, Parameter(group=RUN)] = None,
    seeds: Annotated[int, Parameter(group=RUN)] = 3,
    val: Val = None,
    hold_out: HoldOut = None,
    change: Settings = None,
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    threads: Annotated[int, Parameter(group=RUN)] = 2,
    device: Device = None,
    atlas: Annotated[Path | None, Parameter(group=RUN)] = None,
    allowance: ImageOptions | None = None,
    common: Common | None = None,
) -> None:
    """Train a network with layers removed or widened, several times each, and show the paper's Table 3.

    All variants have the same recipe. Trainings that are finished are kept: the same command goes on where it was, and
    shows the table.

        convscope ablate imagenette-table3 npz:imagenette128.npz -o table3
        convscope ablate imagenette-table3 photos/ -o table3 --variants base,no-3-4,no-7 --seeds 1

    Parameters
    ----------
    variants
        Rows of the table, separated by commas: base, no-3-4, no-7, no-6-7, no-3-4-6-7, fc-half, fc-double, wide-3-4-5,
        wide-3-4-5-fc-double. By default all.
    seeds
        Trainings of each variant, from seeds 0, 1, ...
    limit
        Images to take of each part, at most, evenly spread.
    threads
        Threads that make batches ahead of the network.
    atlas
        Folder of an atlas to add the result to.
    """
    common = common or Common()
    from convscope.memory import keep_freed_memory
    from convscope.training import ablate as compare
    from convscope.training.ablation import VARIANTS
    from convscope.training.splits import open_splits

    keep_freed_memory()
    wanted = configure(config, change)
    if seeds < 1:
        raise UsageError(f"--seeds is at least 1, found {seeds}")
    source, validation = open_splits(data, val=val, hold_out=hold_out, limit=limit, **admitted(allowance))
    if validation is None:
        raise UsageError(f"an ablation needs validation images, and {data} has no such part: --val or --hold-out")
    terminal = common.terminal()
    terminal.remark(f"{wanted.name} on {source.describe()}, validated on {validation.describe()}")
    names = list(VARIANTS) if variants is None else [name.strip() for name in variants.split(",") if name.strip()]
    with terminal.progress() as progress:
        found = compare(
            wanted,
            source,
            validation,
            out,
            variants=names,
            seeds=range(common.seed, common.seed + seeds),
            device=device,
            threads=threads,
            progress=progress,
        )
    report(found, out, terminal, atlas=atlas)


def report(found: "Ablation", out: Path, terminal: Terminal, *, atlas: Path | None = None) -> None:
    """Write the table with its figure, add it to an atlas, and show it."""
    from convscope.atlas.experiments import Table, add_experiment
    from convscope.files import write_json

    rows = found.rows()
    documents = [document(row, found) for row in rows]
    write_json(out / "table.json", {"config": found.config.to_json(), "rows": documents})
    pictures = write_figures(lambda: figures(found), out, terminal)
    if atlas is not None:
        add_experiment(
            atlas,
            "ablation",
            title="Layers removed and widened",
            kind="ablation",
            summary=f"{found.config.name}: {len(found.trials)} trainings.",
            figures=pictures,
            captions=dict.fromkeys(
                pictures, "Validation error of each variant; whiskers: standard deviation of seeds."
            ),
            table=Table.of(documents),
            settings=found.config.to_json(),
        )
    terminal.result({"out": str(out), "rows": documents})
    terminal.table(HEAD, [cells(row, found) for row in rows], right=range(1, len(HEAD)))
    terminal.say()
    terminal.say(f"errors in per cent, mean and standard deviation over seeds; {found.config.name}: {out}")


def figures(found: "Ablation") -> dict[str, bytes]:
    """The figure by its file name; raises MissingExtra without matplotlib."""
    from convscope.figures.style import rendered
    from convscope.figures.training import draw_ablation

    return {"table.png": rendered(draw_ablation(found))}


HEAD = ("variant", "parameters", "seeds", "train top-1", "val top-1", "val top-5", "paper")


def cells(row: "Row", found: "Ablation") -> tuple[str, ...]:
    """A row of the table as text."""
    paper = found.paper(row.variant.name)
    beside = "" if paper is None else " / ".join(f"{value:.1f}" for value in paper)
    if paper is not None and found.paper_base(row.variant.name) != found.config.network.base:
        beside += " (AlexNet)"
    numbers = [with_spread(value) for value in (row.train, row.val, row.val5)]
    return row.variant.title, f"{row.parameters:,}", str(row.seeds), *numbers, beside


def with_spread(value: tuple[float, float | None]) -> str:
    """A mean and its spread as text.

    >>> with_spread((31.44, 0.56)), with_spread((31.44, None))
    ('31.4 ± 0.6', '31.4')
    """
    centre, spread = value
    return f"{centre:.1f}" if spread is None else f"{centre:.1f} ± {spread:.1f}"


def document(row: "Row", found: "Ablation") -> dict[str, Any]:
    """A row of the table as values by name."""
    paper = found.paper(row.variant.name) or (None, None, None)
    said: dict[str, Any] = {
        "variant": row.variant.title,
        "network": row.network,
        "parameters": row.parameters,
        "seeds": row.seeds,
    }
    for name, (centre, spread), beside in zip(
        ("train top-1", "val top-1", "val top-5"), (row.train, row.val, row.val5), paper, strict=True
    ):
        said |= {name: centre, f"{name} spread": spread, f"{name} paper": beside}
    return said
