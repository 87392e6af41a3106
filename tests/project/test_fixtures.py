"""The shared fixtures do what they promise."""

from pathlib import Path
from types import ModuleType

import torch


def test_one_thread_is_used() -> None:
    assert torch.get_num_threads() == 1


def test_random_state_is_the_same_for_every_test() -> None:
    assert torch.rand(()).item() == torch.rand((), generator=torch.Generator().manual_seed(0)).item()


def test_torchvision_builds_networks(torchvision: ModuleType) -> None:
    assert torchvision.models.squeezenet1_1(weights=None).num_classes == 1000


def test_timm_builds_networks(timm: ModuleType) -> None:
    assert timm.create_model("test_resnet", num_classes=5).num_classes == 5


def test_development_images_are_where_they_are_said_to_be(data_dir: Path) -> None:
    assert any(data_dir.iterdir())
