"""`convscope diagnose`: what is wrong with first layers, of one network or of several side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convscope.cli.options import RUN, Cache, Common, ImageOptions, Model, ModelOptions, load_network, open_images
from convscope.cli.results import AddTo, EntryName, without_nan, write_figures, write_table
from convscope.cli.terminal import Terminal
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.graph import Network
    from convscope.methods.diagnosis import Diagnosis


def diagnose(
    model: Model,
    images: Annotated[str | None, Parameter(help="a folder, or folder: list: tar: npz: parquet: hf: samples:")] = None,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for the figure, the numbers and what is kept")],
    against: Annotated[list[str] | None, Parameter(alias="-a", group=RUN, negative=())] = None,
    label: Annotated[list[str] | None, Parameter(group=RUN, negative=())] = None,
    first: Annotated[str | None, Parameter(group=RUN)] = None,
    second: Annotated[str | None, Parameter(group=RUN)] = None,
    projections: Annotated[int, Parameter(group=RUN)] = 64,
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    cache: Cache = None,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Measure a network's first layers: dead, repeated and dominating filters, frequencies, blocks.

    What follows is said in words, with the numbers.

    Without images the filters are judged by their weights alone. With images, also by whether any image excites them,
    and units of the second layer are projected, where a large stride shows as blocks.

        convscope diagnose zoo:squeezenet1_1 samples: -o diagnosis
        convscope diagnose file:runs/zfnet/final.safetensors photos/ -o diagnosis -a file:runs/alexnet/final.safetensors
        convscope diagnose zoo:alexnet -o diagnosis --weights alexnet.safetensors

    Parameters
    ----------
    against
        Network to set beside the first, with its own weights and preprocessing; may be given several times.
    label
        What the networks are called in the figure, in their order, once for each.
    first
        Convolution to look at; by default the first.
    second
        Layer whose units are projected; by default the activation of the next convolution.
    projections
        How many units are projected.
    limit
        Images to look at, at most, evenly spread.
    """
    common, asked = common or Common(), options or ModelOptions()
    others = against or []
    if label is not None and len(label) != 1 + len(others):
        raise UsageError(f"--label is given {len(label)} times for {1 + len(others)} networks: give it once for each")
    if images is not None and _is_model(images):
        raise UsageError(f"{images!r} names a network where images are expected: give further networks as --against")
    source = None if images is None else open_images(images, cache, limit=limit, allowance=allowance)
    terminal = common.terminal()
    alone = ModelOptions(device=asked.device, dtype=asked.dtype)
    found = []
    for spec, how in [(model, asked), *((one, alone) for one in others)]:
        net = load_network(spec, how, seed=common.seed)
        terminal.remark(f"{net.name}" + ("" if source is None else f" on {source.describe()}"))
        found.append(_diagnose(net, source, out, terminal, first=first, second=second, projections=projections))
    report(found, out, terminal, labels=label, atlas=atlas, name=name)


def _is_model(text: str) -> bool:
    """Whether the text can only be a network's name."""
    from convscope.models.loading import SCHEMES

    return text.partition(":")[0] in set(SCHEMES) - {"hf"} and ":" in text and not Path(text).exists()


def _diagnose(net: "Network", source: "Source | None", out: Path, terminal: Terminal, **asked: Any) -> "Diagnosis":
    from convscope.methods.diagnosis import diagnose as measure

    store = None
    if source is not None:
        store = out / "scans" / f"{net.fingerprint[:12]}-{source.fingerprint()[:12]}"
        layers = "-".join(str(asked[key]) for key in ("first", "second") if asked[key] is not None)
        store = store.with_name(f"{store.name}-{layers.replace('/', '_')}") if layers else store
    with terminal.progress() as progress:
        return measure(net, source, store=store, progress=progress, **asked)


def report(
    found: "Sequence[Diagnosis]",
    out: Path,
    terminal: Terminal,
    *,
    labels: "Sequence[str] | None" = None,
    atlas: Path | None = None,
    name: str | None = None,
) -> None:
    """Write diagnoses with their figure, add them to an atlas, and show numbers and verdicts."""
    from convscope.atlas.experiments import Table, add_experiment
    from convscope.files import write_json

    documents = [without_nan({**one.to_json(), "verdict": one.verdict}) for one in found]
    write_json(out / "diagnosis.json", documents)
    write_table(out / "table.csv", (one.row() for one in found))
    pictures = write_figures(lambda: figures(found, labels), out, terminal)
    if atlas is not None:
        add_experiment(
            atlas,
            name or "diagnosis",
            title="First layers: filters, frequencies, blocks",
            kind="diagnosis",
            summary="\n".join(one.verdict for one in found),
            figures=pictures,
            captions=dict.fromkeys(pictures, _CAPTION),
            table=Table.of(one.row() for one in found),
            settings={"limits": vars(found[0].limits), "images": found[0].images},
        )
    terminal.result({"out": str(out), "diagnoses": documents})
    rows = [one.row() for one in found]
    terminal.table(
        ("", *(labels or [f"({i + 1})" for i in range(len(found))])),
        [(key, *(_text(key, row[key]) for row in rows)) for key in rows[0] if key not in ("network",)],
        right=range(1, len(found) + 1),
    )
    for number, one in enumerate(found, 1):
        terminal.say()
        terminal.say(f"({number}) {one.verdict}")
    terminal.say()
    terminal.say(str(out))


_CAPTION = (
    "Filters of the first layer on one scale for each network, projections of the second layer, root mean squares, "
    "energy by frequency, and the projections' spectra with the stride's frequencies marked."
)


def figures(found: "Sequence[Diagnosis]", labels: "Sequence[str] | None" = None) -> dict[str, bytes]:
    """The figure by its file name; raises MissingExtra without matplotlib."""
    from convscope.figures.diagnosis import draw
    from convscope.figures.style import rendered

    return {"diagnosis.png": rendered(draw(found, labels=labels))}


def _text(key: str, value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1%}" if "frequencies" in key or key in ("beyond stride", "blocks share") else f"{value:.3g}"
