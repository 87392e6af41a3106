"""Training the paper's networks, measuring how well any network does, and Table 3 as an experiment; see README.md."""

from convscope.training.ablation import (
    AblationTrial,
    AblationTrials,
    Variant,
    VariantChange,
    VariantErrors,
    ablate,
    read_ablation,
)
from convscope.training.config import Config, NetworkChoice, packaged_configs, read_config
from convscope.training.evaluation import ClassAccuracy, MemberAccuracy, evaluate
from convscope.training.judging import Judgement
from convscope.training.measures import Measure
from convscope.training.predictions import EnsembleMembers, Predictions, ScoredImages
from convscope.training.recipe import Recipe
from convscope.training.renormalise import renormalise
from convscope.training.run import Run, read_log
from convscope.training.state import EpochLog
from convscope.training.trainer import Trained, train

__all__ = [
    # what is trained and how
    "Config",
    "NetworkChoice",
    "Recipe",
    "read_config",
    "packaged_configs",
    # training
    "train",
    "Trained",
    "Run",
    "EpochLog",
    "read_log",
    "renormalise",
    # measuring
    "evaluate",
    "ClassAccuracy",
    "MemberAccuracy",
    "EnsembleMembers",
    "Judgement",
    "Predictions",
    "ScoredImages",
    "Measure",
    # the paper's Table 3
    "ablate",
    "read_ablation",
    "AblationTrials",
    "VariantErrors",
    "VariantChange",
    "AblationTrial",
    "Variant",
]
