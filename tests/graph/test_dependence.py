"""What entries see by what operations are said to read, against pixels that are changed one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph import Network
from convscope.graph.placing import seen
from tests.graph import nets

SHAPE = (4, 4, 6)
_TRIES = 300  # a maximum reads what is seldom the largest
_TABLE = torch.arange(12.0).view(4, 3)


OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sort": lambda x: x.flatten(2).unflatten(2, (4, 6)).unsqueeze(1).sort(-1)[0],
    "argsort": lambda x: x.unsqueeze(1).argsort(-1).to(x.dtype),
    "largest few": lambda x: x.unsqueeze(1).topk(2, -2)[0],
    "one of the largest": lambda x: x.unsqueeze(1).kthvalue(2, -1)[0],
    "median": lambda x: x.unsqueeze(1).median(-1)[0],
    "extremes": lambda x: torch.stack([x.unsqueeze(1).max(-1)[0], x.unsqueeze(1).min(-1)[0]], 1),
    "mean and variance": lambda x: torch.stack(torch.var_mean(x.unsqueeze(1), dim=-2), 1),
    "deviation": lambda x: x.unsqueeze(1).std(-1, keepdim=True),
    "length": lambda x: torch.linalg.vector_norm(x.unsqueeze(1), dim=-1),
    "product": lambda x: x.unsqueeze(1).prod(-1),
    "softmax": lambda x: x.unsqueeze(1).softmax(-1),
    "running maximum": lambda x: x.unsqueeze(1).cummax(-1)[0],
    "running product": lambda x: x.unsqueeze(1).cumprod(-2),
    "norm of tokens": lambda x: F.layer_norm(x.unsqueeze(1), (6,)),
    "halves": lambda x: F.glu(x.unsqueeze(1), -1),
    "class of the largest": lambda x: F.one_hot(x.unsqueeze(1).argmax(-1), 6).to(x.dtype),
    "looked up": lambda x: F.embedding(x.unsqueeze(1).argmax(2), _TABLE.to(x)),
    "attention": lambda x: F.scaled_dot_product_attention(*[x.unsqueeze(1)[..., :5]] * 3),
    "vector times matrix": lambda x: torch.ones(6, dtype=x.dtype) @ x.unsqueeze(1).transpose(-1, -2),
    "matrix times vector": lambda x: x.unsqueeze(1) @ torch.ones(6, dtype=x.dtype),
    "outer product": lambda x: torch.einsum("ncij,ncik->ncjk", x, x),
    "addmm": lambda x: torch.addmm(x.new_ones(3), x.flatten(0, 2), torch.ones(6, 3, dtype=x.dtype)).view(-1, 48),
    "grouped convolution": lambda x: F.conv1d(x.flatten(2), torch.ones(4, 2, 3, dtype=x.dtype), groups=2, stride=2),
    "dilated convolution": lambda x: F.conv1d(x.flatten(2), torch.ones(2, 4, 2, dtype=x.dtype), padding=3, dilation=3),
    "padded alike": lambda x: F.conv1d(x.flatten(2), torch.ones(2, 4, 4, dtype=x.dtype), padding="same"),
    "pooling of a line": lambda x: F.max_pool1d(x.flatten(2), 3, 2, 1, ceil_mode=True),
    "dilated pooling of a line": lambda x: F.max_pool1d(x.flatten(2), 2, 3, dilation=4),
    "averages of a line": lambda x: F.avg_pool1d(x.flatten(2), 5, 2, 2),
    "adaptive averages": lambda x: F.adaptive_avg_pool1d(x.flatten(2), 5),
    "adaptive pooling": lambda x: F.adaptive_max_pool1d(x.flatten(2), 7),
    "triangle": lambda x: x.unsqueeze(1).tril(),
    "diagonal": lambda x: x.unsqueeze(1).diagonal(dim1=-2, dim2=-1),
    "pieces": lambda x: torch.cat(x.unsqueeze(1).split([2, 4], -1)[::-1], -1),
    "wrapped": lambda x: F.pad(x.flatten(2), (2, 3), mode="replicate"),
    "put around": lambda x: F.pad(x.flatten(2), (2, 3), value=5.0),
    "sums of two": lambda x: x.flatten(2) + x.flatten(2).flip(2) * x.flatten(2).gt(0),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_entries_see_the_pixels_that_change_them(name: str) -> None:
    def ending(x: Tensor) -> Tensor:
        return OPERATIONS[name](x).flatten(1)

    net = Network.trace(nets.Lambda(ending), SHAPE).to(dtype=torch.float64)
    entries = seen(net.steps, net.values)[-1].entries
    assert entries is not None
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(_TRIES, *SHAPE, generator=generator, dtype=torch.float64)
    changed = torch.stack([_changes(ending, images, y, x, generator) for y in range(4) for x in range(6)])
    changed = changed.view(4, 6, -1)
    for axis, (before, after) in enumerate((entries.marks[:2], entries.marks[2:])):
        by = changed.any(1 - axis)  # (rows or columns, entries)
        places = torch.arange(len(by))[:, None]
        last = torch.where(by, places + 1, 0).amax(0)
        first = torch.where(by, len(by) - places, 0).amax(0)
        assert torch.equal(after[0].long(), last)
        assert torch.equal(before[0].long(), first)


def _changes(
    function: Callable[[Tensor], Tensor], images: Tensor, y: int, x: int, generator: torch.Generator
) -> Tensor:
    """Which entries change with the numbers of a pixel, in any image."""
    others = images.clone()
    others[..., y, x] = 3 * torch.randn(images.shape[:2], generator=generator, dtype=images.dtype)
    return ((function(others) - function(images)).abs() > 1e-9).any(0)
