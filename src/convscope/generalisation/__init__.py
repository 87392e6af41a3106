"""Classifiers on the features of every layer: Caltech-101, Caltech-256, PASCAL VOC, and any images with labels."""

from convscope.generalisation.classifiers import LinearModel, train_classifier
from convscope.generalisation.datasets import TargetSet, open_target
from convscope.generalisation.duplicates import DuplicatePair, Duplicates, overlap
from convscope.generalisation.features import Features, Pooling, extract
from convscope.generalisation.measures import average_precision, class_accuracies
from convscope.generalisation.protocol import Learning, measure_transfer, transfer_layers
from convscope.generalisation.results import FoldScore, MeanScore, TransferScores
from convscope.generalisation.splits import Fold, draw_folds, load_splits, published_fold, save_splits

__all__ = [
    # target sets
    "open_target",
    "TargetSet",
    "draw_folds",
    "published_fold",
    "save_splits",
    "load_splits",
    "Fold",
    # features and classifiers
    "extract",
    "Features",
    "Pooling",
    "train_classifier",
    "LinearModel",
    "class_accuracies",
    "average_precision",
    # images in two collections
    "overlap",
    "Duplicates",
    "DuplicatePair",
    # experiments
    "measure_transfer",
    "transfer_layers",
    "Learning",
    "TransferScores",
    "FoldScore",
    "MeanScore",
]
