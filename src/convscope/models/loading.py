"""`load`: any network by one string, with what its images need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn

from convscope.arguments import checked
from convscope.data import Preprocess, Range
from convscope.data.recipes import AskedRecipe, Numbers, RecipeName
from convscope.errors import ConvscopeError, RandomAnswers, ShapeError, TraceError, UsageError, WeightsError, nearest
from convscope.files import kind_of
from convscope.graph import Network, Scores
from convscope.graph.network import of_program
from convscope.graph.randomness import Randomness
from convscope.graph.refusals import refusal
from convscope.models.beside import class_names, range_of, recipe_in
from convscope.models.dictionaries import read_dictionaries
from convscope.models.from_export import from_export
from convscope.models.from_python import from_python
from convscope.models.from_timm import from_timm
from convscope.models.from_torchvision import from_torchvision
from convscope.models.from_transformers import from_transformers
from convscope.models.kept.folder import folder, keep, recalled
from convscope.models.kept.naming import program_name
from convscope.models.recognising import SUFFIXES
from convscope.models.request import Channels, FoundModel, ModelRequest, first_channels, resized
from convscope.models.sizes import fitting_sides, said
from convscope.models.weights import marked
from convscope.models.zoo import ZOO, from_checkpoint, from_zoo
from convscope.processes import usable_device
from convscope.settings import float32_by_default, usual_settings
from convscope.tables import counted

if TYPE_CHECKING:
    from torch.export import ExportedProgram


@dataclass(frozen=True)
class Scheme:
    """A way to name a network: how it is found, and an example."""

    find: Callable[[ModelRequest], FoundModel]
    example: str
    what: str


SCHEMES: dict[str, Scheme] = {
    "zoo": Scheme(from_zoo, "zoo:squeezenet1_1", "a network that comes with convscope"),
    "torchvision": Scheme(from_torchvision, "torchvision:resnet18@DEFAULT", "a classification network of torchvision"),
    "timm": Scheme(from_timm, "timm:resnet50.a1_in1k", "a network of timm"),
    "hf": Scheme(from_transformers, "hf:microsoft/resnet-18", "an image classification model of transformers"),
    "py": Scheme(from_python, "py:package.module:factory", "what a Python function of yours gives"),
    "pt2": Scheme(from_export, "pt2:network.pt2", "a program that torch.export.save wrote"),
    "file": Scheme(from_checkpoint, "file:run/final.safetensors", "weights that `convscope train` wrote"),
}
"""How networks are named, by the word before the colon."""
_MOST_CHANNELS = 4096


def names_network(text: str) -> bool:
    """Whether a text can only be the name of a network, and not of images: `hf:` is of both."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and scheme in SCHEMES and scheme != "hf" and not Path(text).exists()


@checked
@usual_settings()
def load(
    spec: str,
    *,
    weights: str | Path | None = None,
    input_size: int | tuple[int, int] | None = None,
    in_channels: int | None = None,
    preprocess: Preprocess | RecipeName | str | Path | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    resize: int | tuple[int, int] | None = None,
    range: Range | str | None = None,
    bands: tuple[int, ...] | None = None,
    classes: Sequence[str] | Literal["imagenet"] | int | str | Path | None = None,
    channels: Channels = "rgb",
    seed: int = 0,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    randomness: Randomness = "refuse",
    output: str | int | None = None,
    scores: Scores = "auto",
    directions: str | Path | Sequence[str | Path] | None = None,
) -> Network:
    """The network that `spec` names, traced for its input size, with the preprocessing of its images.

    Nothing is downloaded unless it is asked for by `weights="pretrained"`, by a weights name after @, or by hf: and the
    name of a repository. The network's name says where its weights are from, above all where they are random.

    | spec | network | without `weights` | `weights=` may be |
    | --- | --- | --- | --- |
    | zoo:NAME | of this package | its own; random if it has none | a file, "random" |
    | torchvision:NAME | of torchvision | random | a file, "pretrained", a name such as IMAGENET1K_V2 |
    | torchvision:NAME@WEIGHTS | the same | downloaded, or from torch's cache | "random" |
    | timm:NAME, timm:NAME.TAG | of timm | random | a file, "pretrained" (of that tag) |
    | hf:OWNER/NAME, hf:FOLDER | of transformers | those of the repository or folder | a file, "random" |
    | py:package.module:factory | what the function gives | what the function gives | a file, "random" |
    | pt2:FILE | an exported program; nothing of the file is run | those in it | "random" |
    | file:FILE | what the file says it is | those in it | "random" |

    Random weights are those that the network's maker gives an untrained one: constructors' own where they build it,
    for py: and file: what each module's reset_parameters() draws, children first. Parameters whose modules have none
    stay, and the network's name says which. A program of pt2: has no modules: its weights are permuted within each
    tensor, and statistics of batch norm reset.

    Of these py: alone runs code that is not installed: it imports and calls what it names. Whatever the others read,
    files of weights, repositories and exported programs, is data, and what would have to run code to be read is
    refused.

    Args:
        spec: the network, as above.
        weights: where its weights are from. Files are those of torch.save, safetensors, numpy.savez and pickle.dump;
            FILE#KEY takes one dictionary of a file, or the tensors whose names begin so.
        input_size: side of the input or (height, width); default: what the network was made for.
        in_channels: of its images; default: what its first convolution takes. Networks of the zoo and of timm are built
            with as many.
        preprocess: what is done to images; default: what the weights file, the scheme or the factory says. Always give
            it with weights that were trained otherwise. "imagenet" is its mean and std, "unit" is 0 to 1 and no more;
            or a JSON file as `Preprocess.to_json` writes it.
        mean, std: instead, of pixels on 0 to 1: a number for each channel, or one for all.
        resize: what images are resized to before the crop, as for `Preprocess`.
        range: which values of files of more than 8 bits are black and white, as for `Preprocess`, or as "0:4095".
        bands: which channels are shown, counted from 1, as for `Preprocess`.
        classes: names of the outputs, a text file of one a line, "imagenet", or their number; a network whose weights
            are random or a file's is built with so many outputs.
        channels: "bgr" for a weights file that was trained on that order of colours (Caffe, OpenCV): the first
            convolution is turned round, so that the network takes RGB.
        seed: of random weights.
        device: where the network computes.
        dtype: its floating dtype.
        randomness: "refuse" a network that gives another answer each time (dropout left on), or "allow" it.
        output: which of several outputs is looked at, by its key, its place, or a layer's name; by default the last
            vector with a number for each class, else the first vector.
        scores: what the output's numbers are: "softmax" (logits of classes that exclude each other), "sigmoid" (of
            classes each there or not), "none" (values); by default what the network ends in, else a logit or logits.

    Raises:
        UsageError: for an unknown scheme or network (the message names the nearest), or arguments that contradict.
        WeightsError: where weights, or directions, are missing or do not fit.
        MissingExtra: where a package is needed that is not there.
        TraceError: where torch.export cannot follow the network, or it is random.

    >>> net = load("zoo:tiny")
    >>> net.name, net.input_shape, net.layers[0].name
    ('zoo:tiny (random weights, seed 0)', (3, 32, 32), 'conv1')
    """
    return load_with_module(
        spec,
        weights=weights,
        input_size=input_size,
        in_channels=in_channels,
        preprocess=preprocess,
        mean=mean,
        std=std,
        resize=resize,
        range=range,
        bands=bands,
        classes=classes,
        channels=channels,
        seed=seed,
        device=device,
        dtype=dtype,
        randomness=randomness,
        output=output,
        scores=scores,
        directions=directions,
    )[0]


@usual_settings()
def load_with_module(
    spec: str,
    *,
    weights: str | Path | None = None,
    input_size: int | tuple[int, int] | None = None,
    in_channels: int | None = None,
    preprocess: Preprocess | RecipeName | str | Path | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    resize: int | tuple[int, int] | None = None,
    range: Range | str | None = None,
    bands: tuple[int, ...] | None = None,
    classes: Sequence[str] | Literal["imagenet"] | int | str | Path | None = None,
    channels: Channels = "rgb",
    seed: int = 0,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    randomness: Randomness = "refuse",
    output: str | int | None = None,
    scores: Scores = "auto",
    directions: str | Path | Sequence[str | Path] | None = None,
) -> tuple[Network, nn.Module | ExportedProgram]:
    """The network that `load` gives for these arguments, and the module or program that it was traced from.

    Raises:
        What `load` raises.

    >>> net, module = load_with_module("zoo:tiny")
    >>> net.name, type(module).__name__
    ('zoo:tiny (random weights, seed 0)', 'TinyNet')
    """
    scheme, name = split_spec(spec)
    asked = AskedRecipe(recipe_in(preprocess), mean, std, resize, range_of(range), bands)
    size = _size(input_size, asked.size)
    outputs = class_names(classes)
    names = outputs if isinstance(outputs, tuple) else None
    target = None if device is None else usable_device(device)
    request = ModelRequest(
        scheme,
        name,
        weights=None if weights is None else str(weights),
        input_size=size,
        outputs=(len(outputs) or None) if isinstance(outputs, tuple) else outputs,
        seed=seed,
        channels=channels,
        in_channels=_count(in_channels),
    )
    if channels != "rgb" and request.file is None:
        raise UsageError(f"channels='{channels}' says how a weights file was trained: give the file as weights=")
    # What a function of the caller's own makes is as that function means it.
    with nullcontext() if scheme == "py" else float32_by_default():
        found = SCHEMES[scheme].find(request)
        meant: dict[str, Any] = {"randomness": randomness, "output": output, "scores": scores}
        net = _trace(request, found, asked, names or found.classes, meant)
        if request.outputs is not None:
            net = net.reading(class_count=request.outputs)
    if classes is not None:
        _check_outputs(net, request)
    net = net.with_directions(read_dictionaries(directions))
    return net if target is None and dtype is None else net.to(device=target, dtype=dtype), found.module


def split_spec(spec: str) -> tuple[str, str]:
    """The scheme and the name in the text that names a network.

    Raises:
        UsageError: if there is no scheme, no name, or no such scheme.

    >>> split_spec("py:nets:small")
    ('py', 'nets:small')
    """
    scheme, colon, name = spec.partition(":")
    if colon and scheme in SCHEMES and name:
        return scheme, name
    if colon and scheme in SCHEMES:
        raise UsageError(f"'{spec}' names no network: write for example {SCHEMES[scheme].example}")
    if kind_of(marked(spec)[0]) == "file" and _likely(spec) is None:
        raise UsageError(
            f"'{spec}' is a file, which holds weights and not their network: name the network, as in "
            f"py:package.module:factory, and give the file as weights=; `convscope layers {spec}` says what is in it "
            "and which known networks fit"
        )
    if not colon and _likely(spec) is None and Path(spec.partition("#")[0]).suffix.lower() in SUFFIXES:
        raise UsageError(
            f"there is no file '{spec}', and no kind of network is named so: name it as in zoo:squeezenet1_1"
        )
    likely = _likely(spec)
    hint = nearest(scheme, SCHEMES) if colon else ""
    hint = hint or (f"; did you mean '{likely}'?" if likely else ".")
    known = "; ".join(f"{scheme.example} ({scheme.what})" for scheme in SCHEMES.values())
    raise UsageError(f"'{spec}' does not say what kind of network it is{hint} Write for example {known}")


def _likely(spec: str) -> str | None:
    """What a spec without a known scheme most likely stands for."""
    if spec in ZOO:
        return f"zoo:{spec}"
    if spec.endswith(".pt2"):
        return f"pt2:{spec}"
    if spec.endswith(".safetensors"):
        return f"file:{spec}"
    parts = spec.replace(".py:", ":").split(":")
    named = len(parts) == 2 and all(part.replace(".", "_").isidentifier() for part in parts)
    return f"py:{':'.join(parts)}" if named else None


def _count(in_channels: int | None) -> int | None:
    if in_channels is not None and (isinstance(in_channels, bool) or not 1 <= in_channels <= _MOST_CHANNELS):
        raise UsageError(f"in_channels={in_channels}: an input has 1 to {_MOST_CHANNELS} channels")
    return in_channels


def _size(input_size: int | tuple[int, int] | None, given: tuple[int, int] | None) -> tuple[int, int] | None:
    """The (height, width) that was asked for, by itself or as that of the preprocessing."""
    if input_size is None:
        return given
    size = (input_size, input_size) if isinstance(input_size, int) else tuple(input_size)
    if len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
        raise UsageError(f"input_size={input_size!r} is no size: give the side of a square, or (height, width)")
    if given is not None and given != size:
        raise UsageError(f"input_size={input_size!r}, but the preprocess given makes images of {given[0]}x{given[1]}")
    return size


def _trace(
    request: ModelRequest, found: FoundModel, asked: AskedRecipe, classes: tuple[str, ...] | None, meant: dict[str, Any]
) -> Network:
    about: dict[str, Any] = {"name": f"{request.short_name} ({found.weights})", "classes": classes, **meant}
    if not isinstance(found.module, nn.Module):
        net = _network_of(found.module, request, preprocess=None, **about)
        net.preprocess = asked.recipe_for(found.preprocess, net.input_shape[1:], net.input_shape[0])
        _check_size(net, request, net.preprocess)
        return net
    channels = request.in_channels or first_channels(found.module) or asked.channels or 3
    own = None if found.preprocess is None else resized(found.preprocess, request.input_size)
    size = request.input_size or asked.size or ((own.height, own.width) if own is not None else found.size)
    preprocess = asked.recipe_for(own, size, channels)
    if size is None:
        if why := refusal(found.module):
            raise TraceError(f"{why}. Where it takes images all the same, say how large they are: input_size=")
        fits = said(sides := fitting_sides(found.module, channels))
        raise UsageError(
            f"{request.spec} does not say how large its images are{f' ({fits})' if fits else ''}: give "
            f"input_size=, such as input_size={sides[0] if sides else 224} (and, where images are looked at, what is "
            "done to them: preprocess='imagenet', 'unit', or mean= and std=)"
        )
    try:
        return _network(found.module, (channels, *size), request, preprocess=preprocess, copy=found.shared, **about)
    except TraceError as error:
        if isinstance(error, RandomAnswers):
            raise
        sides = fitting_sides(found.module, channels) if size[0] == size[1] else ()
        if (fits := said(sides)) and size[0] not in sides:
            raise TraceError(f"{request.spec} cannot take images of {size[0]}x{size[1]}: {fits}") from error
        if request.in_channels is not None or channels == 3:
            raise
        raise TraceError(
            f"{error}; its first convolution in the module's own order takes {channels} channel{'s' * (channels > 1)}: "
            "if its input has another number, say in_channels="
        ) from error


_PACKAGES = {"zoo": "convscope", "file": "convscope", "torchvision": "torchvision", "timm": "timm"}
"""Whose code makes the modules of a scheme: their programs are kept. What `py:` names has no package of that kind."""


def _network(
    module: nn.Module, shape: tuple[int, int, int], request: ModelRequest, *, randomness: Randomness, **about: Any
) -> Network:
    """The network that `Network.trace` makes of a module, from its program if that is kept."""
    package = _PACKAGES.get(request.scheme) if randomness == "refuse" and folder() is not None else None
    name = program_name(module, package, {"shape": shape}) if package is not None else None
    program = None if name is None else recalled(name, module)
    if program is None:
        from convscope.graph.tracing import traced

        program = traced(module, shape, about["name"], randomness)
        if name is not None:
            keep(name, program, module)
    return of_program(program, module, **about)


def _network_of(program: ExportedProgram, request: ModelRequest, **about: Any) -> Network:
    """The network of a program; what its constants are computed from may not fit, which shows only now."""
    from convscope.models.exported.replaying import FAILURES

    try:
        return Network.from_export(program, **about)
    except ConvscopeError:
        raise
    except FAILURES as error:
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise WeightsError(
            f"{request.spec}: the program does not compute what it needs: {first}; write it again with "
            "torch.export.save, or give the module itself by py:package.module:factory"
        ) from error


def _check_size(net: Network, request: ModelRequest, preprocess: Preprocess | None) -> None:
    exported = net.input_shape[1:]
    wanted = request.input_size or (None if preprocess is None else (preprocess.height, preprocess.width))
    if wanted is not None and wanted != exported:
        raise ShapeError(
            f"{request.spec} was exported for images of {exported[0]}x{exported[1]}, not {wanted[0]}x{wanted[1]}: "
            "export it again for that size"
        )


def _check_outputs(net: Network, request: ModelRequest) -> None:
    head, given = net.head, request.outputs
    if given == head.channels or given == head.classes or (given == 1 and head.kind == "binary"):
        return
    raise UsageError(f"{request.spec} has {counted(head.channels, 'output')}, and classes= names {given}")
