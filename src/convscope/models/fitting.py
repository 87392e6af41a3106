"""Which tensors of a file are a network's, judged by the names and shapes that fit, whatever else is in the file.

Programs save a network under many names: in a dictionary (`state_dict`, `model`), behind what wrapped it (`module.`,
`model.`, `backbone.`), beside its teacher, its average, a criterion, counters and an optimiser. All of a file's tensors
are looked at by their path; a *place* is what stands before the network's own names, and the place is taken at which
the network's names and shapes all are. Nothing is matched by order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from convscope.models.stored import Stored

_TRANSPARENT = ("_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Parts that wrappers put anywhere into names."""
_AVERAGED = re.compile(r"(^|[._])(ema|averaged?|avg|swa|teacher|momentum|shadow|target|encoder_k|key_encoder)([._]|$)")
"""What stands for an average or a follower of the weights that were trained."""
_BESIDE = re.compile(
    r"(n_averaged|initted|step|epoch|global_step|queue|queue_ptr|center|"
    r"((train|training|val|valid|validation|test|eval|best|top\d|dino|ibot)_)*"
    r"(criterion|criteria|loss|losses|loss_fn|loss_fct|loss_func|loss_function|metric|metrics|acc|accuracy|auroc|f1|"
    r"f1_score|iou|miou|precision|recall|confusion|confusion_matrix|confmat|meter)\d*)(\..*)?",
    re.IGNORECASE,
)
"""Names beside a network's own that are no part of what it computes."""
_MOST_PLACES = 64
_DEEPEST = 64  # parts of a name that is looked at
_READ = 300  # characters of a name that patterns look at
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Where programs put the weights, the likeliest first."""
_OPTIMISERS = re.compile(r"(^|\.)(optim\w*|opt|.*optimizer\w*|.*scheduler\w*|callbacks|.*scaler)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class NamesPlace:
    """A place in a file at which a network's names are looked for.

    `names` are the network's names with the tensor's path in the file; `missing` those that are not there, `misfits`
    those of another shape; `extra` the paths beside them that the network does not have and that may be layers of
    another one, `beside` those that are of no account (criteria, counters, other networks). `averages` are the places
    of the network's averages among these, as they are asked for.
    """

    prefix: str
    names: Mapping[str, str]
    missing: tuple[str, ...]
    misfits: tuple[str, ...]
    extra: tuple[str, ...]
    beside: tuple[str, ...]
    first: int
    averages: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the network is there, all of it and nothing that may be more of it."""
        return not (self.missing or self.misfits or self.extra)

    @cached_property
    def key(self) -> str:
        """The place as it is asked for after a file's name, "" for the whole file."""
        return self.prefix.removesuffix(".")

    @property
    def averaged(self) -> bool:
        """Whether its name says that it is an average, or a network that followed the trained one."""
        return is_averaged(self.key)


def is_averaged(key: str) -> bool:
    """Whether the name of a place says that an average is there.

    >>> is_averaged("state_dict_ema"), is_averaged("model"), is_averaged("teacher.backbone"), is_averaged("schema")
    (True, False, True, False)
    """
    return _AVERAGED.search(key[:_READ].lower()) is not None


def is_optimiser(key: str) -> bool:
    """Whether the name of a place says that an optimiser's numbers are there.

    >>> is_optimiser("optimizer_states.0.state.3"), is_optimiser("state_dict"), is_optimiser("opt")
    (True, False, True)
    """
    return _OPTIMISERS.search(key[:_READ]) is not None


def counted(name: str) -> bool:
    """Whether a name counts for a fit: batch normalisation's counters, which old files lack, do not."""
    return not name.endswith("num_batches_tracked")


def places(stored: Mapping[str, Stored], wanted: Mapping[str, tuple[int, ...]]) -> list[NamesPlace]:
    """The places of a file at which a network's names are, the best first; none where no name is anywhere.

    `wanted` are the network's names with their shapes. Of several that fit, what was trained comes before its average,
    usual names before others, and then the first in the file.
    """
    plain = _plain_names(stored, wanted)
    found: dict[tuple[str, ...], NamesPlace] = {}
    for prefix, inner in _prefixes(plain, wanted):
        place = _place(prefix, inner, plain, stored, wanted)
        found.setdefault(tuple(place.names.values()), place)  # what the network's own names begin with is no place
    return sorted(found.values(), key=_merit)


def _merit(place: NamesPlace) -> tuple[object, ...]:
    last = place.key.rpartition(".")[2]
    rank = WRAPPERS.index(last) if last in WRAPPERS else len(WRAPPERS)
    good = len(place.names) - len(place.misfits)
    return not place.fits, -good, len(place.extra), place.averaged, rank, place.first


def _plain_names(stored: Mapping[str, Stored], wanted: Iterable[str]) -> dict[str, str]:
    """The paths of a file by what remains without the parts that wrappers put into names, where the network has none.

    >>> _plain_names({"net._orig_mod.fc.weight": ..., "module.fc.bias": ...}, ["fc.weight"])
    {'net.fc.weight': 'net._orig_mod.fc.weight', 'fc.bias': 'module.fc.bias'}
    """
    own = {part for name in wanted for part in name.split(".")}
    dropped = [part for part in _TRANSPARENT if part not in own]
    found: dict[str, str] = {}
    for name in stored:
        plain = ".".join(part for part in name.split(".") if part not in dropped)
        found[name if plain in found or not plain else plain] = name
    return found


def _prefixes(plain: Mapping[str, str], wanted: Mapping[str, tuple[int, ...]]) -> list[tuple[str, str]]:
    """What may stand before names in the file, with what stands before the network's own and not in the file."""
    found: Counter[tuple[str, str]] = Counter()
    for inner in _shared_start(list(wanted)):
        own = {name.removeprefix(inner) for name in wanted if counted(name)}
        for name in plain:
            parts = name.split(".")
            for at in range(len(parts) if len(parts) <= _DEEPEST else 0):
                if ".".join(parts[at:]) in own:
                    found["".join(f"{part}." for part in parts[:at]), inner] += 1
    return [pair for pair, _ in found.most_common(_MOST_PLACES)]


def _shared_start(names: list[str]) -> list[str]:
    """What all of a network's names begin with, part by part, from nothing on.

    >>> _shared_start(["model.net.a", "model.net.b"]), _shared_start(["a", "b.c"])
    (['', 'model.', 'model.net.'], [''])
    """
    found = [""]
    while names:
        head, dot, _ = names[0].removeprefix(found[-1]).partition(".")
        start = f"{found[-1]}{head}."
        if not dot or not all(name.startswith(start) for name in names):
            break
        found.append(start)
    return found


def _place(
    prefix: str,
    inner: str,
    plain: Mapping[str, str],
    stored: Mapping[str, Stored],
    wanted: Mapping[str, tuple[int, ...]],
) -> NamesPlace:
    names = {name: plain[at] for name in wanted if (at := prefix + name.removeprefix(inner)) in plain}
    taken = set(names.values())
    groups = {stored[path].group for path in taken}
    others = [(at, path) for at, path in plain.items() if path not in taken and stored[path].group in groups]
    tails = _tails(wanted)
    extra, beside, averages = [], [], dict[str, None]()
    for at, path in others:
        within = at.removeprefix(prefix) if at.startswith(prefix) else None
        if within is not None and (average := _average(within, stored[path].shape, tails)):
            averages[path.removesuffix(within.removeprefix(average))] = None
            beside.append(path)
            continue
        of_account = within is not None and not _BESIDE.fullmatch(within[:_READ])
        (extra if of_account else beside).append(path)
    return NamesPlace(
        _said_prefix(prefix, names, inner),
        names,
        tuple(name for name in wanted if name not in names and counted(name)),
        tuple(name for name, path in names.items() if stored[path].shape != wanted[name] and not stored[path].problem),
        tuple(extra),
        tuple(beside),
        next((number for number, path in enumerate(stored) if path in taken), 0),
        tuple(averages),
    )


def _average(name: str, shape: tuple[int, ...], tails: Container[tuple[str, tuple[int, ...]]]) -> str:
    """What a name begins with that is of an average of the network: a copy of one of its tensors, or a counter."""
    start, _, rest = name.partition(".")
    return start if rest and is_averaged(start) and (not shape or (rest, shape) in tails) else ""


def _tails(wanted: Mapping[str, tuple[int, ...]]) -> set[tuple[str, tuple[int, ...]]]:
    """What a network's names end in, part by part, with and without their dots, and their shapes.

    >>> sorted(_tails({"net.fc.bias": (2,)}))[::2]
    [('bias', (2,)), ('fcbias', (2,)), ('netfcbias', (2,))]
    """
    found = set[tuple[str, tuple[int, ...]]]()
    for name, shape in wanted.items():
        parts = name.split(".")
        for at in range(len(parts) if len(parts) <= _DEEPEST else 0):
            found |= {(".".join(parts[at:]), shape), ("".join(parts[at:]), shape)}
    return found


def _said_prefix(prefix: str, names: Mapping[str, str], inner: str) -> str:
    """What stands before the names in the file itself, with the parts that wrappers put in."""
    for name, path in names.items():
        own = name.removeprefix(inner)
        if path.endswith(own):
            return path.removesuffix(own)
    return prefix
