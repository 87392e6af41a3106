"""torchvision, also beside a PyTorch of another build, as one for the CPU alone."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a library that is collected takes its operators along


def torchvision_module() -> ModuleType:
    """torchvision, also where its compiled operators do not fit this build of torch.

    torchvision 0.28 attaches a Python kernel to operators that its compiled library defines. Beside a torch of another
    build that library does not load, and the import ends with "operator torchvision::nms does not exist". The networks
    need none of these operators: declaring their schemas is enough. Where it loads they must not be declared before.

    Raises:
        ModuleNotFoundError: where it is not installed.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "does not exist" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)
    return importlib.import_module("torchvision")
