"""Every rule of every step: its pull is the adjoint of its run's derivative, on any box, and it reads where it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, cut, settle
from convscope.graph.nouns import Span, Value
from convscope.graph.pulling import Context
from convscope.graph.steps import Step
from convscope.graph.steps.base import vector_jacobian
from tests.graph import nets

SHAPE = (4, 7, 8)
GRADIENT = PullOptions(rule="gradient", lrn="gradient")


class Weighted(nn.Module):
    """A function of the image and of a weight of its own."""

    def __init__(self, weight: Tensor, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight)


class TwoConvs(nn.Module):
    """A function of two maps that are both made from the image."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
        self.b = nn.Conv2d(4, 4, 1)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.a(x), self.b(x))


def f(function: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    return lambda: nets.Lambda(function)


def two(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], nn.Module]:
    return lambda: TwoConvs(function)


def module(cls: type[nn.Module], *args: object, **kwargs: object) -> Callable[[], nn.Module]:
    return lambda: cls(*args, **kwargs)


CONVOLUTIONS = {
    "conv 3x3": module(nn.Conv2d, 4, 3, 3),
    "conv no bias": module(nn.Conv2d, 4, 3, 3, padding=1, bias=False),
    "conv strided": module(nn.Conv2d, 4, 3, (3, 2), stride=(2, 3), padding=(1, 0)),
    "conv larger stride than kernel": module(nn.Conv2d, 4, 3, 2, stride=3),
    "conv dilated": module(nn.Conv2d, 4, 3, 3, dilation=(1, 2), padding=(1, 2)),
    "conv grouped": module(nn.Conv2d, 4, 6, 3, groups=2, padding=1),
    "conv depthwise": module(nn.Conv2d, 4, 8, 3, groups=4, stride=2, padding=1),
    "conv same": module(nn.Conv2d, 4, 3, 3, padding="same"),
    "conv same even": module(nn.Conv2d, 4, 3, (2, 4), padding="same"),
    "conv same even dilated": module(nn.Conv2d, 4, 3, (2, 4), padding="same", dilation=(3, 1)),
    "conv valid": module(nn.Conv2d, 4, 3, 3, padding="valid"),
    "conv reflect": module(nn.Conv2d, 4, 3, 3, padding=1, padding_mode="reflect"),
    "conv circular": module(nn.Conv2d, 4, 3, 3, padding=1, padding_mode="circular"),
    "conv asymmetric": lambda: nn.Sequential(nn.ZeroPad2d((0, 2, 1, 0)), nn.Conv2d(4, 3, 3, stride=2)),
    "conv computed weight": two(lambda a, b: F.conv2d(a[:1], b[:1, :, :3, :3])),
    "conv one row": module(nn.Conv2d, 4, 3, (1, 8)),
    "transposed": module(nn.ConvTranspose2d, 4, 3, 3),
    "transposed strided": module(nn.ConvTranspose2d, 4, 3, 3, stride=2, padding=1, output_padding=1),
    "transposed gaps": module(nn.ConvTranspose2d, 4, 3, 2, stride=3, output_padding=(2, 0)),
    "transposed grouped dilated": module(nn.ConvTranspose2d, 4, 6, (3, 2), stride=(1, 2), groups=2, dilation=(2, 3)),
    "conv1d over the rest": f(lambda x: F.conv1d(x.mean((2, 3))[:, None], torch.ones(1, 1, 3).to(x), padding=1)),
}

POOLS = {
    "max 2": module(nn.MaxPool2d, 2),
    "max 3/2": module(nn.MaxPool2d, 3, 2),
    "max 3/2 padded": module(nn.MaxPool2d, 3, 2, 1),
    "max ceil": module(nn.MaxPool2d, 3, 2, ceil_mode=True),
    "max dilated": module(nn.MaxPool2d, 2, 1, dilation=(3, 2)),
    "max uneven": module(nn.MaxPool2d, (1, 3), (2, 1), (0, 1)),
    "avg 2": module(nn.AvgPool2d, 2),
    "avg 3/2 padded": module(nn.AvgPool2d, 3, 2, 1),
    "avg 3/2 not counting padding": module(nn.AvgPool2d, 3, 2, 1, count_include_pad=False),
    "avg ceil": module(nn.AvgPool2d, 3, 2, ceil_mode=True),
    "avg ceil padded": module(nn.AvgPool2d, 3, 2, 1, ceil_mode=True),
    "avg ceil not counting padding": module(nn.AvgPool2d, (2, 3), 2, (1, 1), ceil_mode=True, count_include_pad=False),
    "avg larger than the map": module(nn.AvgPool2d, 1_000, ceil_mode=True),
    "avg divisor": module(nn.AvgPool2d, 3, 2, 1, divisor_override=5),
    "unpooling": f(lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=(7, 8))),
    "adaptive avg 1": module(nn.AdaptiveAvgPool2d, 1),
    "adaptive avg uneven": module(nn.AdaptiveAvgPool2d, (3, 5)),
    "adaptive avg even": module(nn.AdaptiveAvgPool2d, (7, 4)),
    "adaptive avg larger": module(nn.AdaptiveAvgPool2d, (9, 11)),
    "adaptive max": module(nn.AdaptiveMaxPool2d, (3, 4)),
    "mean": f(lambda x: x.mean((2, 3))),
    "mean kept": f(lambda x: x.mean((2, 3), keepdim=True)),
    "mean over rows": f(lambda x: x.mean(2, keepdim=True)),
    "mean over channels": f(lambda x: x.mean(1, keepdim=True)),
    "sum": f(lambda x: x.sum((2, 3))),
    "amax": f(lambda x: x.amax((2, 3), keepdim=True)),
    "lp pool": module(nn.LPPool2d, 2, 2),
    "max over channels": f(lambda x: x.max(1, keepdim=True).values),
}

NORMS = {
    "batch norm": module(nn.BatchNorm2d, 4),
    "batch norm no affine": module(nn.BatchNorm2d, 4, affine=False),
    "batch norm vector": lambda: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4 * 7 * 8)),
    "layer norm map": module(nn.LayerNorm, SHAPE),
    "layer norm channels last": f(lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2)),
    "group norm": module(nn.GroupNorm, 2, 4),
    "instance norm": module(nn.InstanceNorm2d, 4),
    "instance norm tracked": module(nn.InstanceNorm2d, 4, affine=True, track_running_stats=True),
    "lrn": module(nn.LocalResponseNorm, 3, alpha=0.5),
    "lrn even": module(nn.LocalResponseNorm, 4, alpha=0.5, k=2.0),
    "softmax channels": f(lambda x: x.softmax(1)),
    "softmax positions": f(lambda x: x.softmax(-1)),
    "log softmax": f(lambda x: F.log_softmax(x, 1)),
    "normalise": f(lambda x: F.normalize(x, dim=1)),
}

POINTWISE = {
    "relu": f(F.relu),
    "relu6": f(lambda x: F.relu6(4 * x)),
    "clamp": f(lambda x: x.clamp(min=0)),
    "clamp both": f(lambda x: x.clamp(-0.5, 0.7)),
    "clamp by map": two(lambda a, b: torch.clamp(a, min=b)),
    "threshold": f(lambda x: F.threshold(x, 0.2, 0.1)),
    "maximum zero": f(lambda x: torch.maximum(x, torch.zeros(()).to(x))),
    "maximum": two(torch.maximum),
    "minimum": two(torch.minimum),
    "where": two(lambda a, b: torch.where(a > b, a * 2, b)),
    "leaky": f(F.leaky_relu),
    "prelu": module(nn.PReLU, 4),
    "rrelu": f(F.rrelu),
    "elu": f(F.elu),
    "selu": f(F.selu),
    "celu": f(F.celu),
    "silu": f(F.silu),
    "gelu": f(F.gelu),
    "gelu tanh": f(lambda x: F.gelu(x, approximate="tanh")),
    "hardswish": f(lambda x: F.hardswish(3 * x)),
    "mish": f(F.mish),
    "softplus": f(F.softplus),
    "softsign": f(F.softsign),
    "sigmoid": f(torch.sigmoid),
    "hardsigmoid": f(lambda x: F.hardsigmoid(3 * x)),
    "tanh": f(torch.tanh),
    "exp": f(torch.exp),
    "square": f(torch.square),
    "pow": f(lambda x: (x * x + 1) ** 1.5),
    "abs": f(torch.abs),
    "sqrt": f(lambda x: (x * x + 1).sqrt()),
    "glu": f(lambda x: F.glu(x, 1)),
    "add": two(torch.add),
    "add twice the same": f(lambda x: x + x),
    "add scaled": two(lambda a, b: torch.add(a, b, alpha=-0.5)),
    "sub": two(torch.sub),
    "rsub": f(lambda x: 1 - x),
    "neg": f(torch.neg),
    "add broadcast": two(lambda a, b: a + b.mean((2, 3), keepdim=True)),
    "add broadcast row": two(lambda a, b: a + b.mean(2, keepdim=True)),
    "add broadcast channel": two(lambda a, b: a + b[:, :1]),
    "add position embedding": lambda: Weighted(torch.randn(1, *SHAPE), lambda x, w: x + w),
    "add channel bias": lambda: Weighted(torch.randn(4, 1, 1), lambda x, w: w + x),
    "mul": two(torch.mul),
    "mul by itself": f(lambda x: x * x),
    "mul gate": two(lambda a, b: a * torch.sigmoid(b.mean((2, 3), keepdim=True))),
    "mul by number": f(lambda x: x * 3.0),
    "mul by channel": lambda: Weighted(torch.randn(4, 1, 1), lambda x, w: w * x),
    "mul by map": lambda: Weighted(torch.randn(7, 8), lambda x, w: x * w),
    "mul broadcast up": lambda: Weighted(torch.randn(1, 3, 1, 1), lambda x, w: x[:, :1] * w),
    "div": two(lambda a, b: a / (b * b + 1)),
    "div by number": f(lambda x: x / 3),
    "number by map": f(lambda x: 3 / (x * x + 1)),
}

STRUCTURE = {
    "cat": two(lambda a, b: torch.cat([a, b], 1)),
    "cat twice the same": two(lambda a, b: torch.cat([a, b, a], 1)),
    "cat rows": two(lambda a, b: torch.cat([a, b], 2)),
    "cat constant": lambda: Weighted(
        torch.randn(1, 2, 7, 8), lambda x, w: torch.cat([x, w.expand(x.shape[0], -1, -1, -1)], 1)
    ),
    "cat constant for one image": lambda: Weighted(
        torch.randn(1, 2, 7, 8), lambda x, w: torch.cat([x, w.expand(len(x), -1, -1, -1)], 1)
    ),
    "stack": two(lambda a, b: torch.stack([a, b], 1).sum(1)),
    "stack before the batch": two(lambda a, b: torch.stack([a, b, b], 0).mean(0)),
    "stack and flatten": two(lambda a, b: torch.stack([a, b], 2).flatten(1, 2)),
    "slice channels": f(lambda x: x[:, 1:3]),
    "slice channels step": f(lambda x: x[:, 1::2]),
    "slice positions": f(lambda x: x[:, :, 1:-2, 2:]),
    "slice positions step": f(lambda x: x[:, :, ::2, 1::3]),
    "slice from the end": f(lambda x: x[..., -3:]),
    "select channel": f(lambda x: x[:, 2]),
    "select row": f(lambda x: x[:, :, 2]),
    "split": f(lambda x: torch.cat(x.split([1, 3], 1)[::-1], 1)),
    "chunk": f(lambda x: x.chunk(2, 1)[0] * x.chunk(2, 1)[1]),
    "unbind": f(lambda x: x.unbind(1)[0] + x.unbind(1)[3]),
    "pad": f(lambda x: F.pad(x, (1, 2, 3, 0))),
    "pad value": f(lambda x: F.pad(x, (1, 2, 3, 0), value=2.5)),
    "pad negative": f(lambda x: F.pad(x, (-1, 2, 1, -2))),
    "pad channels": f(lambda x: F.pad(x, (0, 0, 1, 0, 1, 2))),
    "pad fewer channels": f(lambda x: F.pad(x, (0, 0, 0, 0, -1, -1))),
    "pad replicate": module(nn.ReplicationPad2d, 1),
    "pad reflect": module(nn.ReflectionPad2d, (1, 0, 2, 1)),
    "channel shuffle": f(lambda x: F.channel_shuffle(x, 2)),
    "channel shuffle by hand": f(lambda x: x.view(-1, 2, 2, 7, 8).transpose(1, 2).reshape(-1, 4, 7, 8)),
    "channels last linear": lambda: Weighted(torch.randn(5, 4), lambda x, w: x.permute(0, 2, 3, 1) @ w.T),
    "channels last F.linear": lambda: Weighted(torch.randn(5, 4), lambda x, w: F.linear(x.permute(0, 2, 3, 1), w)),
    "channels last and back": lambda: Weighted(
        torch.randn(5, 4), lambda x, w: F.linear(x.permute(0, 2, 3, 1), w).permute(0, 3, 1, 2)
    ),
    "linear over columns": module(nn.Linear, 8, 5),
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(4 * 7 * 8, 5)),
    "rows for columns": f(lambda x: x.transpose(2, 3)),
    "tokens": f(lambda x: x.flatten(2).transpose(1, 2)),
    "tokens and back": f(lambda x: (x.flatten(2).transpose(1, 2) * 2).transpose(1, 2).reshape(-1, 4, 7, 8)),
    "flip": f(lambda x: x.flip(3)),
    "roll": f(lambda x: x.roll((1, -2), (2, 3))),
    "repeat": f(lambda x: x.repeat(1, 2, 1, 1)),
    "expand": f(lambda x: x.mean((2, 3), keepdim=True).expand(-1, -1, 3, 5)),
    "pixel shuffle": f(lambda x: F.pixel_shuffle(x, 2)),
    "pixel unshuffle": f(lambda x: F.pixel_unshuffle(x[:, :, :6], 2)),
    "unfold": f(lambda x: F.unfold(x, 3)),
    "focus": f(lambda x: torch.cat([x[..., :6:2, ::2], x[..., 1:6:2, ::2], x[..., :6:2, 1::2]], 1)),
    "nearest 2": module(nn.Upsample, scale_factor=2),
    "nearest 3 x 1": module(nn.Upsample, scale_factor=(3, 1)),
    "nearest to a size": module(nn.Upsample, size=(10, 5)),
    "nearest by an odd factor": module(nn.Upsample, scale_factor=1.7),
    "nearest by a factor that rounds": f(lambda x: F.interpolate(x[:, :, :2, :2], scale_factor=3.4)),
    "nearest exact": module(nn.Upsample, scale_factor=1.5, mode="nearest-exact"),
    "bilinear": module(nn.Upsample, scale_factor=2, mode="bilinear"),
    "bilinear aligned": module(nn.Upsample, size=(5, 12), mode="bilinear", align_corners=True),
    "bilinear by an odd factor": module(nn.Upsample, scale_factor=1.7, mode="bilinear"),
    "bilinear antialiased": f(lambda x: F.interpolate(x, (4, 5), mode="bilinear", antialias=True)),
    "bicubic": module(nn.Upsample, scale_factor=(2, 1.5), mode="bicubic"),
    "grid sample": lambda: Weighted(
        torch.rand(1, 3, 3, 2) * 2 - 1, lambda x, w: F.grid_sample(x[:1], w, align_corners=False)
    ),
    "matmul": two(lambda a, b: a @ b.transpose(2, 3)),
    "einsum": two(lambda a, b: torch.einsum("nchw,ndhw->ncd", a, b)),
    "attention": two(lambda a, b: F.scaled_dot_product_attention(a, b, a)),
    "cumsum": f(lambda x: x.cumsum(1)),
    "sort": f(lambda x: x.sort(1).values),
    "gather channels": f(lambda x: x[:, [2, 0, 1]]),
    "nan to num": f(lambda x: x.nan_to_num()),
}

ALL = CONVOLUTIONS | POOLS | NORMS | POINTWISE | STRUCTURE


@cache
def traced(name: str) -> Network:
    # A module without weights is traced in float32.
    return Network.trace(nets.settled(ALL[name]()), SHAPE, name=name).to(dtype=torch.float64)


def check_adjoint(net: Network, step: Step, images: Tensor) -> None:
    """<J v, y> = <v, J' y> for the derivative J of a step at the images' own values; y on boxes all over the map."""
    kept = net.run_values(images, {0, *step.inputs, *step.inputs})
    values = [v if v.batched else replace(v, layout=None) for v in net.values]
    result = step.call.result
    inputs = tuple(kept[i] for i in step.inputs)
    floating = [s for s, t in enumerate(inputs) if t.is_floating_point()]
    directions = {s: torch.randn_like(inputs[s]) for s in floating}

    def at(*moved: Tensor) -> Tensor:
        full = list(inputs)
        for slot, tensor in zip(floating, moved, strict=True):
            full[slot] = tensor
        return step.run(full)

    change = derivative(at, [inputs[s] for s in floating], [directions[s] for s in floating])
    for signal in some_signals(result, change):
        expected = (change if signal.origin is None else on_box(change, signal, result.layout)) * signal.tensor
        context = Context(GRADIENT, kept, values, torch.arange(len(images)))
        # A fresh copy: rules may work in place on a signal that is theirs.
        parts = step.pull(settle(Signal(signal.tensor.clone(), signal.origin), result), context)
        total = torch.zeros((), dtype=torch.float64)
        for slot, part in parts.items():
            if slot in directions:
                part = settle(part, step.call.sources[slot])
                other = directions[slot]
                layout = step.call.sources[slot].layout
                if layout is not None and part.origin is not None:
                    other = on_box(other, part, layout)
                assert part.tensor.shape == other.shape
                total = total + (other * part.tensor).sum()
        assert torch.allclose(total, expected.sum(), rtol=1e-6, atol=1e-6), f"{step.op} {step.name}: {signal.origin}"


def derivative(function: Callable[..., Tensor], at: list[Tensor], along: list[Tensor]) -> Tensor:
    """By central differences, which know nothing of autograd: exact for linear functions, to 1e-9 or so for others."""
    step = 1e-5
    with torch.no_grad():
        high = function(*(x + step * d for x, d in zip(at, along, strict=True)))
        low = function(*(x - step * d for x, d in zip(at, along, strict=True)))
    return (high - low) / (2 * step)


def on_box(whole: Tensor, signal: Signal, layout: tuple[int, int] | None) -> Tensor:
    assert layout is not None
    assert signal.origin is not None
    return cut(whole, torch.arange(len(whole)), layout, signal.origin, signal.size(layout))


def some_signals(result: Value, like: Tensor) -> list[Signal]:
    """Random signals on the whole map, on single positions, and on boxes that reach over every border."""
    layout = result.layout
    if layout is None:
        return [Signal(torch.randn_like(like))]
    count, extent = len(like), [like.shape[d] for d in layout]
    found = [Signal(torch.randn_like(like), np.zeros((count, 2), np.int64))]
    for size in ((1, 1), (2, 3), (3, 1)):
        shape = list(like.shape)
        shape[layout[0]], shape[layout[1]] = size
        for corner in (lambda e, s: -s // 2, lambda e, s: e - s // 2 - 1, lambda e, s: (e - s) // 2):
            origin = np.asarray([[corner(e, s) for e, s in zip(extent, size, strict=True)]] * count, np.int64)
            origin[1:] = np.random.randint(-1, np.asarray(extent), (count - 1, 2))
            found.append(Signal(torch.randn(shape, dtype=like.dtype), origin))
    return found


@pytest.mark.parametrize("name", ALL)
def test_pull_is_the_adjoint_of_run(name: str) -> None:
    net = traced(name)
    images = torch.randn(2, *SHAPE, dtype=torch.float64)
    steps = [s for s in net.steps if s.call.result.depends and s.call.result.floating]
    assert steps, "the case made no step"
    for step in steps:
        together = net.program.any_batch and all(v.batched for v in (*step.call.sources, step.call.result))
        check_adjoint(net, step, images if together else images[:1])


#: Steps every one of whose inputs within a window counts, so that what they read is exactly what they say.
TIGHT = ("conv2d", "conv_transpose2d", "avg_pool2d", "adaptive_avg_pool2d", "slice", "constant_pad_nd", "batch_norm")


@pytest.mark.parametrize("name", ALL)
def test_place_is_where_positions_read(name: str) -> None:
    net = traced(name)
    if not net.program.any_batch:
        pytest.skip("one image at a time")
    checked = 0
    for step in net.steps:
        result = step.call.result
        sources = step.call.sources
        if result.layout is None or not result.depends or not all(v.batched and v.floating for v in sources):
            continue
        for axis in range(2):
            for slot, value in enumerate(step.call.sources):
                span = step.place(slot, axis)
                if span is not None and value.layout is not None and value.floating:
                    check_place(step, slot, axis, span, exactly=step.op in TIGHT)
                    checked += 1
    if name in CONVOLUTIONS and "rest" not in name and "computed" not in name:
        assert checked


def check_place(step: Step, slot: int, axis: int, span: Span, *, exactly: bool) -> None:
    """Position by position: no gradient outside the span, and none missing inside if it is to be exact."""
    result, source = step.call.result, step.call.sources[slot]
    assert result.layout is not None
    assert source.layout is not None
    count, extent = result.size[axis], source.size[axis]
    inputs = [torch.rand(count, *v.shape, dtype=torch.float64) + 0.1 for v in step.call.sources]
    # Row p of the batch asks for position p: one backward pass shows what every position reads.
    gradient = torch.zeros(count, *result.shape, dtype=torch.float64)
    for p in range(count):
        gradient[p].select(result.layout[axis] - 1, p).uniform_(0.5, 1)
    found = vector_jacobian(step.run, inputs, gradient).get(slot)
    others = [d for d in range(1, len(source.shape) + 1) if d != source.layout[axis]]
    reads = torch.zeros(count, extent) if found is None else found.abs().sum(others)
    for p in range(count):
        inside = np.zeros(extent, bool)
        inside[max(span.start[p], 0) : max(span.stop[p], 0)] = True
        read = reads[p].numpy() != 0
        assert not (read & ~inside).any(), f"{step.op}: position {p} of axis {axis} reads {np.flatnonzero(read)}"
        if exactly and step.op == "conv2d" and step.dilation[axis] > 1:  # type: ignore[attr-defined]
            continue  # reads every second input of the window or so
        if exactly and step.op != "conv_transpose2d":
            assert (read == inside).all(), f"{step.op}: position {p} of axis {axis} reads {np.flatnonzero(read)}"
