"""What treats positions alone keeps their fields: every operation on entries that PyTorch knows, and those along
channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.nouns import Value
from convscope.graph.steps import Call, Slot, make_step
from convscope.methods.deconv import deconv
from tests.graph import nets

aten = torch.ops.aten
MAP = Value((4, 7, 8), (2, 3))


def on_entries() -> Iterator[Any]:
    """All functional operations of PyTorch on entries that draw nothing."""
    for name in sorted(dir(aten)):
        for overload in getattr(getattr(aten, name), "overloads", list)():
            found = getattr(getattr(aten, name), overload)
            drawn = torch.Tag.nondeterministic_seeded in found.tags
            if torch.Tag.pointwise in found.tags and not drawn and not found._schema.is_mutable:
                yield found


def call_on_maps(target: Any) -> Call | None:
    """A call whose tensors are all maps; None where it takes none."""
    given: list[Any] = []
    for argument in target._schema.arguments:
        if argument.kwarg_only or (argument.has_default_value() and given):
            break
        tensor = "Tensor" in str(argument.type)
        given.append(Slot(sum(isinstance(one, Slot) for one in given)) if tensor else 1)
    count = sum(isinstance(one, Slot) for one in given)
    return Call(target, tuple(given), {}, tuple(range(count)), (MAP,) * count, MAP) if count else None


def test_every_operation_on_entries_reads_the_positions_that_it_makes() -> None:
    calls = [call for target in on_entries() if (call := call_on_maps(target)) is not None]
    steps = [make_step(1, "", call) for call in calls]
    spans = {step.op: step.place(slot, axis) for step in steps for slot in range(len(step.inputs)) for axis in (0, 1)}
    assert len(spans) > 130
    assert not [op for op, span in spans.items() if span is None or span.affine != (1, 0, 1)]
    assert not [step.op for step in steps if not step.exact]


def code_book(x: Tensor) -> Tensor:
    codes = torch.linspace(-1, 1, 24).reshape(6, 4).to(x)
    apart = (x.permute(0, 2, 3, 1)[..., None, :] - codes).square().sum(-1)
    return x + (F.embedding(apart.argmin(-1), codes).permute(0, 3, 1, 2) - x).detach()


def by_entries(x: Tensor) -> Tensor:
    x = F.threshold(x, 0.2, 0.1) + F.hardshrink(x, 0.1) + torch.where(x > 0.1, x, 0.5)
    x = x * torch.sign(x - 0.4)
    x = x.index_put((x < -0.2,), torch.tensor(0.7).to(x))
    return x.masked_fill((x.mean(1, keepdim=True) > 0) & (x < 0.3), torch.tensor(0.5).to(x))


def along_channels(x: Tensor) -> Tensor:
    x = x.cumsum(1) + x.sort(1).values + x.topk(4, 1).values + x.median(1).values[:, None]
    return F.rms_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2)


ALONE: dict[str, Callable[[Tensor], Tensor]] = {
    "entries": by_entries,
    "channels": along_channels,
    "code book": code_book,
}


@pytest.mark.parametrize("name", ALONE)
def test_what_treats_positions_alone_keeps_fields_and_projections(name: str) -> None:
    torch.manual_seed(0)
    module = nets.settled(nn.Sequential(nn.Conv2d(2, 4, 3), nets.Lambda(ALONE[name]), nn.Conv2d(4, 2, (2, 1))))
    net = Network.trace(module, (2, 9, 10))
    field = net.layers["2"].field
    assert field is not None
    assert field.exact
    assert (field.size, field.stride) == ((4, 3), (1, 1))
    leaf = torch.randn(1, 2, 9, 10, dtype=torch.float64).requires_grad_()
    (expected,) = torch.autograd.grad(module(leaf)[0, 1, 0, 5], leaf)
    found = deconv(net, leaf.detach(), "2:1@0,5", rule="gradient", signal="one")
    assert not found.report.fallback
    assert torch.allclose(found.full(), expected)
