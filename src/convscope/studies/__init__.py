"""A collection, a question, an answer that is kept: what the command line can do, in one call each.

Every study runs a method over a collection and gives an `Answer`, which knows its table, words, figures and files, and
how an atlas shows it.
"""

from convscope.studies.ablation import Ablation, ablate
from convscope.studies.answer import Answer, AtlasEntry, Figure, Saved
from convscope.studies.attunement import Tuning, tuning
from convscope.studies.causation import Causes, causes
from convscope.studies.checking import Check, check
from convscope.studies.consequence import Effects, effects
from convscope.studies.correspondence import Correspondence, correspond
from convscope.studies.diagnosis import Diagnosis, diagnose
from convscope.studies.dictionaries import Directions, directions
from convscope.studies.duplication import Overlap, overlap
from convscope.studies.evaluation import Evaluation, evaluate
from convscope.studies.evolution import Evolution, evolve
from convscope.studies.generalisation import Transfer, transfer
from convscope.studies.merging import merge
from convscope.studies.mistaking import Mistakes, mistakes
from convscope.studies.occlusion import Occlusion, occlude
from convscope.studies.projection import Projection, Projections, deconv
from convscope.studies.reporting import Paper, paper
from convscope.studies.scanning import Scan, scan
from convscope.studies.training import Training, train
from convscope.studies.transformation import Invariance, invariance
from convscope.studies.verifying import Verification, verify
from convscope.studies.worth import Sanity, sanity

__all__ = [
    # what all give
    "Answer",
    "AtlasEntry",
    "Figure",
    "Saved",
    # whether a network is treated rightly
    "check",
    "Check",
    # responses and projections
    "scan",
    "merge",
    "Scan",
    "deconv",
    "Projection",
    "Projections",
    # where a network looks, and what moves it
    "occlude",
    "Occlusion",
    "invariance",
    "Invariance",
    "correspond",
    "Correspondence",
    # what a unit is for
    "causes",
    "Causes",
    "effects",
    "Effects",
    "directions",
    "Directions",
    "tuning",
    "Tuning",
    "mistakes",
    "Mistakes",
    # how it came to be, and what is wrong with it
    "evolve",
    "Evolution",
    "diagnose",
    "Diagnosis",
    "sanity",
    "Sanity",
    # the paper, claim by claim
    "paper",
    "Paper",
    # training and what it is worth
    "train",
    "Training",
    "evaluate",
    "Evaluation",
    "ablate",
    "Ablation",
    "transfer",
    "Transfer",
    "overlap",
    "Overlap",
    # what is kept
    "verify",
    "Verification",
]
