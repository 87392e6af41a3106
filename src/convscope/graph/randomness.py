"""Randomness that stays on in evaluation mode: what may draw random numbers is run twice, and told by its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from convscope.errors import RandomAnswers
from convscope.graph.program import Program
from convscope.graph.steps import Step

Randomness = Literal["refuse", "allow"]
"""What becomes of a network that gives another answer each time."""

_TRIES = 16


def may_draw(target: Callable[..., Any]) -> bool:
    """Whether an operation draws random numbers, if its arguments let it."""
    return torch.Tag.nondeterministic_seeded in getattr(target, "tags", ())


@contextmanager
def own_generators() -> Iterator[None]:
    """A block that draws random numbers from where PyTorch's generators are, and leaves them there."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        yield


def random_steps(steps: Sequence[Step], image: Callable[[], Tensor]) -> list[str]:
    """The names of the steps that give two results for what they are given when the network runs on an image.

    Nothing is run where no operation could draw random numbers. Dropout that is off, or with p=0, draws none.
    """
    asked = [step.index for step in steps if may_draw(step.call.target) and not _is_off(step.call.bind())]
    if not asked:
        return []
    found: list[str] = []
    with own_generators():
        alive = {0: image()}
        for step in (step for step in steps if step.index <= asked[-1]):
            run = partial(step.run, [alive[i] for i in step.inputs])
            alive[step.index] = run()
            if step.index in asked and differs(run):
                found.append(step.name)
    return found


def _is_off(bound: dict[str, Any]) -> bool:
    off = any(bound.get(name, True) in (False, None) for name in ("train", "training"))
    return off or any(bound.get(name) == 0 for name in ("p", "dropout_p"))


def differs(make: Callable[[], Any]) -> bool:
    """Whether a function gives two results, of several calls: few numbers may come out alike twice."""
    with own_generators():
        first = make()
        return any(not _same(first, make()) for _ in range(_TRIES))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return bool(torch.equal(one.nan_to_num(), other.nan_to_num()))
    return all(_same(a, b) for a, b in zip(one, other, strict=True)) if isinstance(one, list | tuple) else one == other


def refuse(randomness: Randomness, network: str, program: Program, drawn: Sequence[str]) -> None:
    """Raises where a network is random and that is not allowed.

    drawn: the generators outside of PyTorch that it draws from.
    """
    steps = program.random
    if randomness == "allow" or not (steps or drawn):
        return
    if drawn:
        raise RandomAnswers(
            f"{network} draws from {' and '.join(drawn)} while it runs: traced, one draw would stand in it for good. "
            "Draw nothing in evaluation mode (if self.training), or take this one draw with randomness='allow'"
        )
    some = ", ".join(f"'{name}'" for name in steps[:3]) + (f" and {len(steps) - 3} more" if len(steps) > 3 else "")
    raise RandomAnswers(
        f"{network} gives another answer each time: random numbers are drawn in evaluation mode too, at {some}. "
        f"{' and '.join(dict.fromkeys(map(_remedy, _operations(program))))}, or take the network as it is with "
        "randomness='allow': answers then differ from run to run"
    )


def _operations(program: Program) -> list[str]:
    """What the random steps do, by the operation's name; of what was drawn while it was traced, the step's."""
    known = {step.name: step.op for step in program.steps}
    return [known.get(name, name) for name in program.random]


def _remedy(op: str) -> str:
    """What turns a random operation off; dropout of channels, too, is a draw of zeros and ones."""
    if "dropout" in op:
        return "Turn dropout off (F.dropout(x, p, training=self.training) where it says F.dropout(x, p))"
    also = " (F.dropout2d(x, p, training=self.training), if self.training)" if "bernoulli" in op else ""
    return f"Draw in training alone{also or ' (if self.training)'}"
