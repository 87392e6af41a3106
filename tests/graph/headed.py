"""Networks by what they answer: one logit, several, a map, a sequence, anchors, two heads, and none."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from convscope.graph import Network, tracing
from convscope.graph.tracing import traced

SHAPE = (3, 16, 18)


class Trunk(nn.Module):
    """Two convolutions and a pool, then what a head makes of it; in float64, with answers that differ."""

    def __init__(self, outputs: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(8, 12, 3, padding=1)
        self.head = nn.Linear(12, outputs)

    def maps(self, x: Tensor) -> Tensor:
        return self.deep(self.stem(x).relu()).relu()

    def vector(self, x: Tensor) -> Tensor:
        return self.maps(x).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.vector(x))


class OneLogit(Trunk):
    """A medical classifier: one number an image."""

    def __init__(self) -> None:
        super().__init__(1)


class OneNumber(OneLogit):
    """The same without a dimension for it."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).squeeze(1)


class Ending(Trunk):
    """A trunk and a function at its end."""

    def __init__(self, end: str, outputs: int = 4) -> None:
        super().__init__(outputs)
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        numbers = super().forward(x)
        if self.end == "positive":
            return numbers.softmax(1)[:, 1]
        if self.end in ("softmax", "log_softmax"):
            return getattr(numbers, self.end)(1)
        return nn.functional.logsigmoid(numbers) if self.end == "log_sigmoid" else getattr(torch, self.end)(numbers)


class TwoHeads(Trunk):
    """An embedding and the classes that follow from it."""

    def __init__(self) -> None:
        super().__init__(3)
        self.embed = nn.Linear(12, 12)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        embedding = self.embed(self.vector(x))
        return {"embedding": embedding, "logits": self.head(embedding)}


class UNet(nn.Module):
    """A small U-Net with a map of classes as large as the image."""

    def __init__(self, classes: int = 3, end: str = "") -> None:
        super().__init__()
        self.end = end
        self.outer = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.inner = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU())
        self.up = nn.Upsample(scale_factor=2)
        self.join = nn.Sequential(nn.Conv2d(20, 8, 3, padding=1), nn.ReLU())
        self.out = nn.Conv2d(8, classes, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        outer = self.outer(x)
        maps = 5 * self.out(self.join(torch.cat([self.up(self.inner(outer)), outer], 1)))
        return {"out": maps.sigmoid() if self.end == "sigmoid" else maps}


class Steps(Trunk):
    """A reader of columns: logits for every step of a sequence, (n, t, c)."""

    def __init__(self) -> None:
        super().__init__(5)
        self.reader = nn.LSTM(12 * 8, 12, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.reader(self.maps(x).permute(0, 3, 1, 2).flatten(2))[0])


class Detector(Trunk):
    """Boxes and scores of classes for the anchors of two scales, (n, 4 + classes, anchors), and the maps behind."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.box, self.score = nn.Conv2d(12, 4, 1), nn.Conv2d(12, classes, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        maps = self.maps(x)
        scales = [maps, self.pool(maps)]
        boxes = torch.cat([self.box(one).flatten(2) for one in scales], 2)
        scores = torch.cat([5 * self.score(one).flatten(2) for one in scales], 2)
        return torch.cat([boxes.exp() * 4, scores.sigmoid()], 1), scales


class Hard(Trunk):
    """Only the number of the best class: nothing that is a score."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).argmax(1)


def made(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in float64 and eval mode with weights of a seed."""
    torch.manual_seed(seed)
    module.float()
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.reset_parameters()
    return module.double().eval()


_TRACED: dict[tuple[type, str, str], tuple[dict[str, Tensor], Any]] = {}


def network(module: nn.Module, **options: Any) -> Network:
    """The network of `made(module)`; all that are of one kind and have the same weights are traced once."""
    module = made(module)
    key, weights = (type(module), repr(module), getattr(module, "end", "")), module.state_dict()

    def once(*asked: Any) -> Any:
        known = _TRACED.get(key)
        if known is None or any(not torch.equal(one, weights[name]) for name, one in known[0].items()):
            _TRACED[key] = known = weights, traced(*asked)
        return known[1]

    with patch.object(tracing, "traced", once):
        return Network.trace(module, SHAPE, **{"name": "net", **options})
