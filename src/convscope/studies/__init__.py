"""A collection, a question, an answer that is kept: what the command line can do, in one call each.

Every study runs a method over a collection and gives an `Answer`, which knows its table, words, figures and files, and
how an atlas shows it.
"""

from convscope.studies.ablation import AblationStudy, ablate
from convscope.studies.answer import Answer, Entry, Figure, Saved
from convscope.studies.correspondence import CorrespondenceStudy, correspond
from convscope.studies.diagnosis import DiagnosisStudy, diagnose
from convscope.studies.duplication import OverlapStudy, overlap
from convscope.studies.evaluation import EvaluationStudy, evaluate
from convscope.studies.evolution import EvolutionStudy, evolve
from convscope.studies.generalisation import TransferStudy, transfer
from convscope.studies.occlusion import OcclusionStudy, occlude
from convscope.studies.projection import ProjectionStudy, deconv
from convscope.studies.scanning import ScanStudy, merge, scan
from convscope.studies.training import TrainingStudy, train
from convscope.studies.transformation import InvarianceStudy, invariance

__all__ = [
    # what all give
    "Answer",
    "Entry",
    "Figure",
    "Saved",
    # responses and projections
    "scan",
    "merge",
    "ScanStudy",
    "deconv",
    "ProjectionStudy",
    # where a network looks, and what moves it
    "occlude",
    "OcclusionStudy",
    "invariance",
    "InvarianceStudy",
    "correspond",
    "CorrespondenceStudy",
    # how it came to be, and what is wrong with it
    "evolve",
    "EvolutionStudy",
    "diagnose",
    "DiagnosisStudy",
    # training and what it is worth
    "train",
    "TrainingStudy",
    "evaluate",
    "EvaluationStudy",
    "ablate",
    "AblationStudy",
    "transfer",
    "TransferStudy",
    "overlap",
    "OverlapStudy",
]
