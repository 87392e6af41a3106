"""Options that several commands share, and how their text becomes values."""

import io
import logging
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter, validators

from convscope.cli.parsing import parse_channels, parse_numbers, parse_pair, parse_side
from convscope.cli.terminal import Terminal
from convscope.errors import ConvscopeError, UsageError

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.graph import Network

RULES = Group("Projections", sort_key=1)
MODEL = Group("Model", sort_key=2)
RUN = Group("Running", sort_key=3)
COMMON = Group("Common", sort_key=4)

_SWITCH = Parameter(negative=(), show_default=False)
_TARGET = """Class to follow, by number or name; may be given several times. `labels` is each image's own, `none` none;
by default the most probable; fc:281-282 is a difference. Of a map, 3@5,7 is channel 3 at y,x, 3@0,0,8,8 over a box."""
_FILL = "What covers: grey (the mean colour), mean (of the image), blur, a number 0 to 255, or a colour as 255,0,0."
_HOST = """The address to listen at; 0.0.0.0 for all of this machine's. Beyond this machine, the address that is printed
holds a token, and nothing is answered without."""
_RUN = Parameter(group=RUN)
_SEVERAL = Parameter(negative=())

Model = Annotated[
    str, Parameter(help="zoo:NAME torchvision:NAME timm:NAME hf:NAME py:package.module:factory pt2:FILE file:FILE")
]
_COLLECTION = Parameter(help="a folder, or folder: list: tar: npz: npy: tiles: pages: parquet: hf: samples:")
Images = Annotated[str, _COLLECTION]
MaybeImages = Annotated[str | None, _COLLECTION]
Photos = Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")]
Cache = Annotated[
    Path | None, _RUN, Parameter(help="Folder that keeps decoded images: a later run need not decode them again.")
]
Limit = Annotated[int | None, _RUN, Parameter(help="Take at most so many images, evenly spread.")]
Layers = Annotated[
    str | None, _RUN, Parameter(help="Layers, separated by commas; by default one for each spatial stage.")
]
Kept = Annotated[int, _RUN, Parameter(name="-k", help="Responses to take of each unit, at most one from an image.")]
Batch = Annotated[int, _RUN, Parameter(help="Images that are taken together; the result does not depend on it.")]
Workers = Annotated[int | None, _RUN, Parameter(help="Threads that share the work; by default one a core.")]
Seed = Annotated[int, _RUN, Parameter(validator=validators.Number(gte=0, lt=2**63), help="Seed of what is random.")]
Units = Annotated[
    list[str] | None, _SEVERAL, Parameter(alias="-u", help="Unit to follow as well; may be given several times.")
]
Target = Annotated[list[str] | None, _SEVERAL, Parameter(alias="-t", help=_TARGET)]
Fill = Annotated[str, Parameter(help=_FILL)]
Port = Annotated[int, _RUN, Parameter(help="Where to listen; 0 chooses a free port.")]
Host = Annotated[str, _RUN, Parameter(help=_HOST)]
AllowHost = Annotated[
    list[str] | None, _SEVERAL, _RUN, Parameter(help="A name that others reach this machine by; several times.")
]


@Parameter(name="*", group=COMMON)
@dataclass(frozen=True)
class Common:
    """What every command understands."""

    json: Annotated[bool, _SWITCH] = False
    """Print the result as one JSON document."""
    quiet: Annotated[bool, Parameter(alias="-q"), _SWITCH] = False
    """No progress and no remarks, only the result."""
    debug: Annotated[bool, _SWITCH] = False
    """Show the traceback of an error."""

    def terminal(self) -> Terminal:
        """Where the command writes."""
        return Terminal(json=self.json, quiet=self.quiet)


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ModelOptions:
    """How the network is loaded."""

    weights: str | None = None
    """File of weights (of torch.save, safetensors, numpy.savez), FILE#KEY for one dictionary of it, `pretrained`,
    `random`, or a name that the scheme knows."""
    input_size: str | None = None
    """Height and width of the input, as 224 or 192x256."""
    in_channels: int | None = None
    """Channels of the input; by default what the first convolution takes."""
    preprocess: str | None = None
    """What is done to images, for a network that does not say it: `imagenet` (its mean and std), `unit` (0 to 1, no
    more), or a JSON file such as {"height": 28, "width": 28, "mean": [0.1307], "std": [0.3081]}, which may also have
    resize, interpolation, scale, range and bands."""
    mean: str | None = None
    """Instead: the mean of pixels on 0 to 1, as 0.1307, or 0.5,0.4,0.3 for each channel; with --std."""
    std: str | None = None
    """Their standard deviation, the same way."""
    resize: str | None = None
    """Shortest side to bring images to before their centre crop, as 256; or height and width, as 256x256."""
    range: str | None = None
    """Which values of files of more than 8 bits are black and white: 0:4095, `file` (as each says), `collection` (the
    least and the largest of all)."""
    bands: str | None = None
    """Which channels are shown, counted from 1, as red, green and blue (4,3,2) or as grey (8)."""
    classes: str | None = None
    """Names of classes as cat,dog; a text file of one a line; `imagenet`; or the number of outputs."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """Order of colours that the file of weights was trained on."""
    device: str | None = None
    """Where to compute, such as cpu, cuda or cuda:1."""
    dtype: Literal["float32", "float64", "float16", "bfloat16"] | None = None
    """Numbers to compute with."""
    randomness: Literal["refuse", "allow"] = "refuse"
    """Whether a network may give another answer each time, as one does whose dropout is left on."""
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**63))] = 0
    """Seed of what is random: the weights of a network that has none, and what a command draws."""
    output: str | None = None
    """Which of several outputs, by key, place or layer; by default the last vector with a number a class."""
    scores: Literal["auto", "softmax", "sigmoid", "none"] = "auto"
    """Its numbers: logits of classes that exclude each other, of classes that do not, or values."""
    directions: Annotated[list[str] | None, _SEVERAL] = None
    """A file of directions to attach, whose units are then LAYER~NAME:NUMBER; may be given several times."""


@Parameter(name="*", group=RUN)
@dataclass(frozen=True)
class ImageOptions:
    """How images are found, and what one may cost; see `convscope.data.Allowance`."""

    max_pixels: int | None = None
    """Leave out images of more pixels than this, before they are decoded; by default 89,478,485."""
    max_bytes: int | None = None
    """Leave out images whose files have more bytes than this, before they are read; by default 536,870,912."""
    root: Path | None = None
    """Folder that the paths of a list or table are relative to; by default its own."""
    tile_size: str | None = None
    """Windows of tiles: in pixels, as 256 or 192x256."""
    tile_stride: str | None = None
    """Every how many pixels there is one; by default as many as it has."""
    anonymous: Annotated[bool, _SWITCH] = False
    """Number the images: neither their names nor their place get into the result."""


def admitted(asked: ImageOptions | None) -> dict[str, Any]:
    """The options of one image as arguments of `open_source`.

    Raises UsageError for those of a collection, where a command has several.
    """
    asked = asked or ImageOptions()
    if asked.tile_size or asked.tile_stride or asked.anonymous:
        raise UsageError(
            "--tile-size, --tile-stride and --anonymous mean nothing here: this command opens several parts"
        )
    return {"max_pixels": asked.max_pixels, "max_bytes": asked.max_bytes, "root": asked.root}


def open_images(
    images: Any, allowance: ImageOptions | None, *, limit: int | None = None, cache: Path | None = None
) -> "Source":
    """The collection that a command looks at, of images that may cost so much."""
    from convscope.studies.asking import collection

    asked = vars(allowance or ImageOptions())
    naming = "numbered" if asked["anonymous"] else "kept"
    tiles = {name: parse_pair(asked[name], name.replace("_", "-")) for name in ("tile_size", "tile_stride")}
    costs = {name: asked[name] for name in ("max_pixels", "max_bytes", "root")}
    return collection(images, limit=limit, cache=cache, naming=naming, **tiles, **costs)


@Parameter(name="*", group=RULES)
@dataclass(frozen=True)
class RuleOptions:
    """How signals go backwards; see `convscope.graph.PullOptions`."""

    rule: Literal["deconvnet", "gradient", "guided"] = "deconvnet"
    """How a signal goes backwards through a ReLU."""
    smooth: Literal["rectify", "gradient", "error"] = "rectify"
    """The same for activations that are no ReLU, such as SiLU and GELU."""
    overlap: Literal["sum", "max", "overwrite"] = "sum"
    """What happens where the switches of overlapping pools meet."""
    lrn: Literal["identity", "gradient"] | None = None
    """How a signal goes backwards through local response normalisation; by default its gradient for that rule alone."""
    gates: Literal["held", "exact"] | None = None
    """Whether gates such as squeeze-excite are held constant or differentiated; by default as the rule has it."""

    def keywords(self) -> dict[str, Any]:
        """The options as arguments of a function."""
        return asdict(self)


def load_network(spec: str, asked: ModelOptions | None) -> "Network":
    """The network that the model options describe."""
    return load_module(spec, asked)[0]


def load_module(spec: str, asked: ModelOptions | None) -> "tuple[Network, Any]":
    """The network that the model options describe, and the module or program that it was traced from."""
    import torch

    from convscope.models import load_with_module

    options = asked or ModelOptions()
    how: dict[str, Any] = vars(options) | {
        "input_size": parse_side(options.input_size, "input-size"),
        "mean": parse_channels(options.mean, "mean"),
        "std": parse_channels(options.std, "std"),
        "resize": parse_side(options.resize, "resize"),
        "bands": parse_numbers(options.bands, "bands", int) or None,
        "dtype": None if options.dtype is None else getattr(torch, options.dtype),
    }
    with _one_message():
        return load_with_module(spec, **how)


def loader(options: ModelOptions | None) -> "Callable[..., Network]":
    """What loads a network as `convscope.load` does, with the model options but for the weights that it is given."""
    asked = options or ModelOptions()

    def load(spec: str, *, weights: str | None = None, seed: int | None = None) -> "Network":
        drawn = asked.seed if seed is None else seed
        return load_network(spec, replace(asked, weights=weights or asked.weights, seed=drawn))

    return load


def load_all(specs: Sequence[str], options: ModelOptions | None) -> "Iterator[Network]":
    """Networks one after the other: the first with the model options, the others with those that follow their names."""
    asked = options or ModelOptions()
    shared = ModelOptions(device=asked.device, dtype=asked.dtype, seed=asked.seed, scores=asked.scores)
    for number, text in enumerate(specs):
        spec, own = parse_model(text, shared) if number else (text, asked)
        yield load_network(spec, own)


def parse_model(text: str, options: ModelOptions) -> tuple[str, ModelOptions]:
    """A network and its options as they follow each other in one text; those that are not in it are as given.

    >>> parse_model("py:nets:b --weights 'my b.pth' --input-size 96", ModelOptions(device="cpu"))[0]
    'py:nets:b'
    """
    if " --" not in text:
        return text, options  # a path may have spaces
    app = App(help_flags=[], version_flags=[])

    @app.default
    def model(spec: str, /, *, options: ModelOptions | None = None) -> tuple[str, ModelOptions]:
        return spec, options or ModelOptions()

    try:
        command, bound, _ = app.parse_args(shlex.split(text), exit_on_error=False, print_error=False)
    except (CycloptsError, ValueError) as error:  # ValueError: a quote that does not end
        said = " ".join(str(error).split())
        raise UsageError(
            f"{text!r} is no network followed by its options, as in 'py:nets:b --weights b.pth': {said}"
        ) from error
    spec, own = command(*bound.args, **bound.kwargs)
    seed = own.seed if " --seed" in text else options.seed
    return spec, replace(own, device=own.device or options.device, dtype=own.dtype or options.dtype, seed=seed)


@contextmanager
def _one_message() -> Iterator[None]:
    """A block whose own error is all that is said of it.

    Where torch.export fails it also logs and prints the graph so far, which would hide the message. What a model's code
    prints otherwise goes to standard error, so that standard output holds results only.
    """
    said, before = io.StringIO(), logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(said), redirect_stderr(said):
            yield
    except ConvscopeError:
        said = io.StringIO()
        raise
    finally:
        logging.disable(before)
        sys.stderr.write(said.getvalue())
