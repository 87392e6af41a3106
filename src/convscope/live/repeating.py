"""The Python that repeats what was done on a page: the same numbers from the public functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from convscope.data import Source, open_source
from convscope.errors import UsageError
from convscope.graph import Network, Unit
from convscope.live import asking
from convscope.live.looking import CLASSES, UNITS
from convscope.live.photos import Photo
from convscope.methods.answering import head_of
from convscope.methods.causes import cause_layers
from convscope.methods.occlusion.covers import Cover
from convscope.methods.occlusion.occluders import square_for

MOST = 200
"""Steps of a script."""

Said = Mapping[str, Any]

_TELL = '''
def tell(answer):
    """Print an answer: in words, then its numbers."""
    print(answer.summary, *answer.rows(), sep="\\n", end="\\n\\n")
'''

_SEE = '''
def see(**done):
    """The photo as the network takes it: the crop moved, the picture turned, scaled ..., parts of it covered."""
    return cs.prepare(net, {photo}, **done)
'''

_LOOK = '''
def look(net, image, layers=(), followed=()):
    """Print what a network answers, each layer's strongest units, and followed units (sums of their maps)."""
{answers}    wanted = [*layers, *(net.unit(one).layer for one in followed)]
    maps = {{layer: found[0] for layer, found in net.run(image, wanted).items()}}
    for layer in layers:
        largest = maps[layer].flatten(1).amax(1) if maps[layer].dim() > 1 else maps[layer]
        best = largest.argsort(descending=True)[:{units}].tolist()
        print(f"{{layer}}:", *(f"{{channel}} ({{largest[channel]:.4g}})" for channel in best))
    for unit in map(net.unit, followed):
        first, *less = (maps[unit.layer][channel] for channel in unit.channels)
        value = first - less[0] if less else first
        print(f"{{unit}}: {{value.sum() if unit.position is None else value[unit.position]:.4g}}")
    print()
'''

_ANSWERS = """    head = net.head
    scores = head.means(head.scores(net.answers(image)))[0]
    for channel in (scores[head.first :].argsort(descending=True)[:{classes}] + head.first).tolist():
        print(f"{{head.target_name(channel, net.classes)}}: {{scores[channel]:.4g}}")
"""


@dataclass
class _Script:
    """What a script is made of, while it is made.

    usual: the layers that a page shows where it names none. plain: the photo as it is, for verbs. quiet: the units that
    are silenced together.
    """

    net: Network
    usual: Sequence[str]
    plain: str
    covers: list[Cover] = field(default_factory=list)
    quiet: list[tuple[Unit, ...]] = field(default_factory=list)

    def of(self, step: Said, unit: Unit | None = None) -> str:
        """The network of a step, with what is silenced, but for the unit that is looked at."""
        done = asking.doing(self.net, step)
        silenced = done.silenced if unit is None else done.silenced_beside(unit)
        if not silenced:
            return "net"
        if silenced not in self.quiet:
            self.quiet.append(silenced)
        return f"quiet[{self.quiet.index(silenced)}]"

    def seen(self, step: Said, **without: Any) -> str:
        """The photo of a step with all that was done to it."""
        step = {**step, **without}
        done, moved = asking.doing(self.net, step), asking.moved(step)
        said = [f"moved={moved}"] if moved != (0, 0) else []
        if done.transform is not None:
            said.append(f"transform={done.transform!r}")
        if done.cover is not None and done.cover.at:
            if done.cover not in self.covers:
                self.covers.append(done.cover)
            said.append(f"cover=covers[{self.covers.index(done.cover)}]")
        return f"see({', '.join(said)})" if said else self.plain

    # -- steps --------------------------------------------------------------------------------------------------------
    def projection(self, step: Said) -> str:
        unit, rule = self.net.unit(asking.text(step, "unit")), asking.pulling(step).rule
        more = "" if rule == "deconvnet" else f", rule={rule!r}"
        return f"tell(cs.deconv({self.of(step, unit)}, {self.seen(step)}, {str(unit)!r}{more}))"

    def cause(self, step: Said) -> str:
        unit = self.net.unit(asking.text(step, "unit"))
        layers = asking.layers(self.net, step, ()) or list(cause_layers(self.net, unit))
        return (
            f"tell(cs.causes({self.of(step, unit)}, {self.seen(step)}, {str(unit)!r}, layers={layers[:1]!r}, most=8))"
        )

    def occlusion(self, step: Said) -> str:
        image = self.net.input_shape[1:]
        sides = (
            asking.whole_number(step, n, 1, min(image)) if step.get(n) is not None else None for n in ("size", "stride")
        )
        size, stride = square_for(image, *sides)
        units = [str(unit) for unit in asking.units(self.net, step, "followed")]
        more = "" if step.get("target") is None else f", target={asking.whole_number(step, 'target', 0, 1 << 30)}"
        more += f", units={units!r}" if units else ""
        fill = asking.choice(step, "fill", asking.FILLS)
        more = f"size={size}, stride={stride}, fill={fill!r}{more}"
        return f"tell(cs.occlude({self.of(step)}, {self.seen(step, cover=None)}, {more}))"

    def invariance(self, step: Said) -> str:
        name, amounts = asking.amounts(step)
        names = asking.layers(self.net, step, self.usual)
        more = f"{{{name!r}: {list(amounts)}}}, layers={list(dict.fromkeys([names[0], names[-1]]))}"
        more += "" if head_of(self.net) is not None else f", target='none', units={names[-1] + ':0'!r}"
        seen = self.seen(step, cover=None, transform=None)
        return f"tell(cs.invariance({self.of(step)}, {seen}, transformations={more}))"

    def glance(self, step: Said) -> str:
        layers = asking.layers(self.net, step, self.usual)
        said = [f"layers={layers}"]
        followed = asking.units(self.net, step, "followed")
        said += [f"followed={[str(unit) for unit in followed]}"] if followed else []
        seen = self.seen(step)
        return f"look({self.of(step)}, {'see()' if seen == self.plain else seen}, {', '.join(said)})"


def script_of(
    net: Network, spec: str | None, source: Source | None, photo: Photo, said: Said, *, usual: Sequence[str]
) -> str:
    """The program: the network, the photo, and the `steps` of the question, with all that was done to the photo.

    A step is a question as the page asked it; `usual` are the layers that are looked at where it names none. Texts
    become Python's literals, whatever they hold.
    """
    script = _Script(net, usual, "photo")
    kinds: dict[str, Callable[[Said], str]] = {
        "project": script.projection, "causes": script.cause, "sweep": script.occlusion, "curve": script.invariance,
        "look": script.glance,
    }  # fmt: skip
    told: list[str] = []
    for step in asking.listed(said, "steps", MOST):
        if not isinstance(step, dict):
            raise UsageError("steps: a list of questions is needed")
        make = kinds.get(str(step.get("kind")))
        call = "" if make is None else make(step)
        told += [call] if call and call not in told else []
    helpers = _helpers(net, source, photo, "\n".join(told))
    covers = ["covers = [", *map(_covering, script.covers), "]"] if script.covers else []
    quiet = [
        f"    net.silenced({[str(unit) for unit in units]}),  # as it is, with these units at zero"
        for units in script.quiet
    ]
    quiet = ["quiet = [", *quiet, "]"] if quiet else []
    opened = [*_network(net, spec), *quiet, *_photo(source, photo), *covers]
    body = "\n".join([*opened, *helpers, *(["", ""] if helpers else []), *told]) + "\n"
    return "\n".join(['"""What was seen on the bench, from the start."""', "", "import convscope as cs", "", body])


def _helpers(net: Network, source: Source | None, photo: Photo, calls: str) -> list[str]:
    """The functions that calls need, one after the other."""
    taken = f"images, indices=[{photo.number}]" if _listed(source, photo) else "photo"
    answers = "" if head_of(net) is None else _ANSWERS.format(classes=CLASSES)
    made = {
        "see(": _SEE.format(photo=taken),
        "look(": _LOOK.format(answers=answers, units=UNITS),
        "tell(": _TELL,
    }
    return [f"\n{text.rstrip()}" for word, text in made.items() if word in calls]


def _network(net: Network, spec: str | None) -> list[str]:
    if spec is None:
        return [f"net = ...  # {net.name!r}, a network of your own: the one that the bench was opened with"]
    return [f"net = cs.load({spec!r})  # {_remark(net.name)}"]


def _covering(cover: Cover) -> str:
    """A line of the list of what covers."""
    return f"    cs.Cover({cover.at!r}, {cover.size}, fill={cover.fill!r}, shape={cover.shape!r}),"


def _listed(source: Source | None, photo: Photo) -> bool:
    """Whether the photo is one of the collection."""
    return photo.number is not None and source is not None


def _photo(source: Source | None, photo: Photo) -> list[str]:
    if source is None or not _listed(source, photo):
        return [f"photo = {photo.name!r}  # the file that was shown: say where it lies"]
    return [
        f"images = cs.open_source({_collection(source)})  # {_remark(source.describe())}",
        f"photo = cs.prepare(net, images, indices=[{photo.number}])  # {_remark(photo.name)}",
    ]


def _collection(source: Source) -> str:
    """What opens the collection, in Python; of the sample photos also where a limit left some out."""
    if source.kind == "samples":
        for more, limit in (("", None), (f", limit={len(source)}", len(source))):
            if open_source("samples:", limit=limit).fingerprint() == source.fingerprint():
                return f"'samples:'{more}"
    return "'...'"


def _remark(text: str) -> str:
    """A text within a remark: on one line."""
    return text.encode("ascii", "backslashreplace").decode().replace("\n", " ").replace("\r", " ")


__all__ = ["MOST", "script_of"]
