"""Classifiers on the features of every layer: Caltech-101, Caltech-256, PASCAL VOC, and any images with labels."""

from convscope.transfer.classifiers import LinearModel, train
from convscope.transfer.datasets import Target, open_target
from convscope.transfer.duplicates import Overlap, Pair, overlap
from convscope.transfer.features import Features, Pooling, extract
from convscope.transfer.measures import average_precision, class_accuracies
from convscope.transfer.protocol import Learning, default_layers, measure_transfer
from convscope.transfer.results import Row, Score, TransferResult
from convscope.transfer.splits import Fold, draw_folds, load_splits, published_fold, save_splits

__all__ = [
    # target sets
    "open_target",
    "Target",
    "draw_folds",
    "published_fold",
    "save_splits",
    "load_splits",
    "Fold",
    # features and classifiers
    "extract",
    "Features",
    "Pooling",
    "train",
    "LinearModel",
    "class_accuracies",
    "average_precision",
    # images in two collections
    "overlap",
    "Overlap",
    "Pair",
    # experiments
    "measure_transfer",
    "default_layers",
    "Learning",
    "TransferResult",
    "Score",
    "Row",
]
