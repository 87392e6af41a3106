"""The effects of silencing units over a collection: one forward pass an image, every unit pushed from it.

The images are gone through twice: for the mean and the mean square of every unit, which say what "mean" is and which
units a unit is compared with, and for the effects themselves, the second half of the images after the first, by which
the pairs are chosen that it tests. What is held is the sums (`tally`) and a batch; it can be taken apart into arrays
after every batch, and gone on with. A shard takes its part of the second round; of the first, which is about all
images, it needs all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least, expected
from convscope.data import Failure, Source, batches
from convscope.errors import ImageError, UsageError
from convscope.graph import Head, Network, Unit
from convscope.graph.running import as_map
from convscope.methods.effects.found import CONTROLS, LayerEffects, Level, Measured
from convscope.methods.effects.silencing import AT_ONCE, Silencer
from convscope.methods.effects.tally import Leaf, Moments, Tally, leaves_of
from convscope.methods.inputs import preprocess_of
from convscope.methods.workers import Workers, one_thread_workers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

MeasuredArrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Silencing:
    """What is asked of one layer: `silenced` are units, or groups of units, of it; () for all of its units.

    truths: (n,) the score that is right for each image, -1 where none is; None: what the network answers. seed: of the
    halves, and of which other image gives its value. shard: (i, n), the i-th of n parts of the images.
    """

    layer: str
    silenced: tuple[tuple[Unit, ...], ...] = ()
    to: Level = "zero"
    measure: Measured = "logit"
    truths: NDArray[np.int64] | None = None
    batch: int = 32
    seed: int = 0
    shard: tuple[int, int] = (0, 1)

    def __post_init__(self) -> None:
        expected("to", self.to, Level)
        expected("measure", self.measure, Measured)
        at_least(1, batch=self.batch)
        if not 0 <= self.shard[0] < self.shard[1]:
            raise UsageError(f"shard={self.shard} is no shard: give (i, n) with 0 <= i < n")

    @property
    def whole(self) -> bool:
        """Whether it is of all images."""
        return self.shard[1] == 1


@dataclass
class Progressed:
    """How far the work is: images `seen` of the first round, those `left_out` of it, and `done` of the second."""

    moments: Moments
    seen: int = 0
    done: int = 0
    tally: Tally | None = None
    left_out: list[tuple[int, str]] = field(default_factory=list)

    def arrays(self) -> tuple[MeasuredArrays, dict[str, Any]]:
        """Everything, to be kept: arrays, and plain values."""
        found: MeasuredArrays = {"sums": self.moments.sums.numpy(), "moments": self.moments.squares.numpy()}
        found |= {} if self.tally is None else {f"tally.{k}": v for k, v in self.tally.arrays().items()}
        said = {"count": self.moments.count, "seen": self.seen, "done": self.done, "left_out": self.left_out}
        return found, said

    @classmethod
    def of(cls, arrays: MeasuredArrays, said: dict[str, Any]) -> Progressed:
        """What `arrays` gave."""
        sums, squares = (torch.from_numpy(np.array(arrays[name])) for name in ("sums", "moments"))
        kept = {name.removeprefix("tally."): one for name, one in arrays.items() if name.startswith("tally.")}
        left = [(int(index), str(reason)) for index, reason in said["left_out"]]
        tally = Tally.of(kept) if kept else None
        return cls(Moments(int(said["count"]), sums, squares), int(said["seen"]), int(said["done"]), tally, left)


@dataclass
class Measuring:
    """The work on one layer: `run` does what is left of it, and tells `kept` after every batch."""

    net: Network
    source: Source
    question: Silencing
    progressed: Progressed | None = None
    kept: Callable[[Progressed], None] | None = None
    workers: int | None = None
    progress: Progress = silent

    @usual_settings()
    def run(self) -> tuple[LayerEffects, list[Failure]]:
        """The effects, and the images that could not be read.

        Raises:
            UsageError: where the output does not depend on the layer, or units are not its. ImageError: where no image
                could be read.
        """
        net, question = self.net.through([self.question.layer]), self.question
        self.net = net  # of directions the one whose answers are computed from them
        self.silencer, self.number = Silencer(net, question.layer), net.index_of(question.layer)
        self.preprocess = preprocess_of(net, self.source)
        _check(question, self.silencer.layer)
        channels = net.layers[question.layer].channels
        state = self.progressed or Progressed(Moments.empty(channels))
        self._look(state)
        edits, controls = self._edits(state.moments)
        order = self._order(state)
        if not len(order):
            raise ImageError(f"none of the {len(self.source)} images could be read ({self.source.describe()})")
        state.tally = state.tally or Tally(controls, (len(edits), net.head.channels), part=not question.whole)
        self._push(state, order, edits)
        found = effects_of(state, self.silencer.layer, edits[: len(controls)], question)
        failures = [Failure(index, self.source.name(index), reason) for index, reason in state.left_out]
        return found, failures

    # -- the first round ----------------------------------------------------------------------------------------------
    def _look(self, state: Progressed) -> None:
        """Take the means and mean squares of the images that are left."""
        left = range(state.seen, len(self.source))
        for part in batches(self.source, self.preprocess, indices=left, size=self.question.batch) if left else ():
            if len(part):
                inputs = self.net.check_images(self.preprocess.normalise(part.images, dtype=self.net.dtype))
                maps = self.net.run_values(inputs, {self.number})[self.number]
                state.moments.add(as_map(self.net.values[self.number], maps))
            state.left_out += [(failure.index, failure.reason) for failure in part.failures]
            state.seen += len(part) + len(part.failures)
            self.progress(f"activations of {self.silencer.layer}", state.seen, len(self.source))
            self._keep(state)

    def _keep(self, state: Progressed) -> None:
        if self.kept is not None:
            self.kept(state)

    def _order(self, state: Progressed) -> NDArray[np.int64]:
        """The readable images in the order of the second round: a draw, so that halves are alike."""
        unread = {index for index, _ in state.left_out}
        readable = np.array([i for i in range(len(self.source)) if i not in unread], np.int64)
        return np.random.default_rng(self.question.seed).permutation(readable)

    def _edits(self, moments: Moments) -> tuple[list[tuple[Unit, ...]], Tensor]:
        """What is silenced: what was asked, then units that it is compared with; numbers of the latter, (asked, c)."""
        layer, channels = self.silencer.layer, len(moments.squares)
        every: list[tuple[Unit, ...]] = [(Unit(layer, channel),) for channel in range(channels)]
        edits = list(self.question.silenced) or every
        asked, number = len(edits), {one: n for n, one in reversed(list(enumerate(edits)))}
        controls = torch.full((asked, min(CONTROLS, channels - 1)), -1)
        for at, one in enumerate(edits[:asked]):
            first, *more = one
            if more or first.position is not None:
                continue
            for place, channel in enumerate(moments.nearest(first.channel).tolist()):
                unit = (Unit(layer, channel),)
                if unit not in number:
                    number[unit] = len(edits)
                    edits.append(unit)
                controls[at, place] = number[unit]
        return edits, controls

    # -- the second round ---------------------------------------------------------------------------------------------
    def _push(self, state: Progressed, order: NDArray[np.int64], edits: list[tuple[Unit, ...]]) -> None:
        tally, question = state.tally, self.question
        level = state.moments.mean.to(self.net.device, self.net.dtype)
        level = torch.zeros_like(level) if question.to == "zero" else level
        assert tally is not None
        work = leaves_of(len(order), question.batch, question.shard)
        total, before = sum(map(len, work)), 0
        with one_thread_workers(self.net.device, self.workers) as team:
            for leaf in work:
                if state.done < before + len(leaf):
                    if leaf.half and not leaf.place and question.whole and not len(tally.pairs):
                        tally.choose()
                    for _ in self._added(state, tally, leaf, before, order, _Edits(edits, level), team):
                        self.progress(f"effects of {self.silencer.layer}", state.done, total)
                        self._keep(state)
                before += len(leaf)

    def _added(
        self,
        state: Progressed,
        tally: Tally,
        leaf: Leaf,
        before: int,
        order: NDArray[np.int64],
        edits: _Edits,
        team: Workers,
    ) -> Iterator[None]:
        """Add a leaf up, and stop after every batch of it; `before` images were done when it began."""
        for start, stop in leaf.batches:
            if state.done > before + start - leaf.bounds[0]:
                continue
            if tally.leaf is None:
                tally.open(leaf.half)
            for index, base, other in self._bases(order[start:stop], order):
                self._take(tally, index, base, edits if other is None else _Edits(edits.listed, other), team)
            state.done += stop - start
            if stop == leaf.bounds[-1]:
                tally.close(leaf)
            yield

    def _bases(
        self, indices: NDArray[np.int64], order: NDArray[np.int64]
    ) -> Iterator[tuple[int, dict[int, Tensor], Tensor | None]]:
        """Of each image the values that are asked for, and the layer of the other image where that is."""
        wanted = self.silencer.base | self.silencer.base_of_groups
        others: dict[int, Tensor] = {}
        if self.question.to == "another":  # the next in the order, which is a draw
            following = dict(zip(order.tolist(), np.roll(order, -1).tolist(), strict=True))
            donors = sorted({following[i] for i in indices.tolist()})
            for number, base in self._run(donors, {self.number}):
                others[number] = as_map(self.net.values[self.number], base[self.number])[0]
            others = {i: others[following[i]] for i in indices.tolist()}
        for index, base in self._run(indices.tolist(), wanted):
            yield index, base, others.get(index)

    def _run(self, indices: Sequence[int], wanted: set[int]) -> Iterator[tuple[int, dict[int, Tensor]]]:
        for part in batches(self.source, self.preprocess, indices=indices, size=self.question.batch):
            if part.failures:
                raise ImageError(
                    f"{part.failures[0].name} could be read before and cannot be any more: {part.failures[0].reason}"
                )
            inputs = self.net.check_images(self.preprocess.normalise(part.images, dtype=self.net.dtype))
            found = self.net.run_values(inputs, wanted)
            for row, index in enumerate(part.indices.tolist()):
                yield index, {number: one[row : row + 1] for number, one in found.items()}

    def _take(self, tally: Tally, index: int, base: dict[int, Tensor], edits: _Edits, team: Workers) -> None:
        """Add an image's effects up; its units are shared among the workers."""
        head, question = self.net.head, self.question
        count = team.shares if self.silencer.one_by_one else 2 * -(-len(edits.listed) // AT_ONCE)
        pieces = [piece for piece in np.array_split(np.arange(len(edits.listed)), count) if len(piece)]
        after = torch.cat(team.map(lambda piece: self._outputs(base, edits, piece), pieces))
        numbers = torch.cat([base[self.net.program.output], after])
        answers = _answers(head, numbers).cpu()
        shown = numbers if question.measure == "logit" else head.scores(numbers)
        truth = int(answers[0]) if question.truths is None else int(question.truths[index])
        if head.kind in ("labels", "values"):
            truth = -1  # no single answer is right
        tally.add(shown[1:] - shown[:1], truth, int(answers[0]), answers[1:])

    def _outputs(self, base: dict[int, Tensor], edits: _Edits, piece: NDArray[np.int64]) -> Tensor:
        """The output (m, k) of some of the edits."""
        value = self.net.values[self.number]
        maps = as_map(value, base[self.number])[0]
        single = [n for n in piece.tolist() if len(edits.listed[n]) == 1 and self.silencer.takes_channels]
        groups = [n for n in piece.tolist() if n not in set(single)]
        if not groups:
            return self.silencer.outputs(base, *edits.channels(maps, single)).to(maps.dtype)
        out = maps.new_empty(len(piece), base[self.net.program.output].shape[1])
        place = {n: at for at, n in enumerate(piece.tolist())}
        if single:
            channels, values = edits.channels(maps, single)
            out[[place[n] for n in single]] = self.silencer.outputs(base, channels, values)
        for n in groups:
            whole = base[self.number].clone()
            edits.change(as_map(value, whole)[0], edits.listed[n])
            out[place[n]] = self.silencer.outputs_of_groups(base, whole)[0]
        return out


@dataclass(frozen=True)
class _Edits:
    """What is silenced, and what units are set to: means (c,), or the maps (c, ...) of another image."""

    listed: list[tuple[Unit, ...]]
    level: Tensor

    def channels(self, maps: Tensor, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
        """The channels (n,) of single units, and what these become (n, ...)."""
        units = [self.listed[n][0] for n in numbers]
        channels = torch.tensor([unit.channel for unit in units], device=maps.device)
        to = self.level[channels]
        to = to.reshape(-1, *[1] * (maps.dim() - 1)).expand(len(units), *maps.shape[1:]) if to.dim() == 1 else to
        placed = [row for row, unit in enumerate(units) if unit.position is not None]
        if not placed:
            return channels, to
        values, to = maps[channels], to.clone()
        for row, unit in enumerate(units):
            if unit.position is None:
                values[row] = to[row]
            else:
                values[(row, *unit.position)] = to[(row, *unit.position)]
        return channels, values

    def change(self, maps: Tensor, units: tuple[Unit, ...]) -> None:
        """Set units of an image's maps (c, ...), in place."""
        for unit in units:
            at = (unit.channel, *(unit.position or ()))
            maps[at] = self.level[unit.channel] if self.level.dim() == 1 else self.level[at]


def effects_of(state: Progressed, layer: str, asked: Sequence[tuple[Unit, ...]], question: Silencing) -> LayerEffects:
    """What the sums come to, of a layer of which this was asked."""
    mean = state.moments.squares / max(state.moments.count, 1)
    own = [float(mean[one[0].channel]) if len(one) == 1 else np.nan for one in asked]
    squares = torch.tensor(own, dtype=torch.float32)
    names = [" + ".join(map(str, one)) for one in asked]
    assert state.tally is not None
    return state.tally.effects(layer, names, squares, question.to, question.measure)


def _answers(head: Head, numbers: Tensor) -> Tensor:
    """What outputs (m, k) answer, (m,)."""
    if head.kind == "classes":
        return numbers[:, head.first :].argmax(1) + head.first
    return head.decide(head.scores(numbers))[0]


def _check(question: Silencing, layer: str) -> None:
    for one in question.silenced:
        strange = [unit for unit in one if unit.layer != layer]
        if strange or not one:
            raise UsageError(f"units of layer '{layer}' are silenced: {strange[0] if strange else 'nothing'} is none")
        for unit in one:
            unit.alone("single units are silenced")
    if len(set(question.silenced)) < len(question.silenced):
        raise UsageError("a unit is named twice: name each once")


__all__ = ["Measuring", "Progressed", "Silencing", "effects_of"]
