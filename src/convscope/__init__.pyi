# The public names, and where they are: the one list of them. docs/grammar.md says how they hang together.
# isort: skip_file

# networks
from .graph import Field as Field, Layer as Layer, LayerList as LayerList, Network as Network, Unit as Unit
from .graph import Head as Head, PullOptions as PullOptions, Report as Report
from .models import load as load

from .studies import Check as Check, check as check
from .methods.checking import Certificate as Certificate, Compared as Compared, Evidence as Evidence

# images
from .data import Failure as Failure, Images as Images, Placement as Placement, Preprocess as Preprocess
from .data import Raster as Raster, Source as Source
from .data import cached as cached, open_source as open_source
from .data.parts import Part as Part, read_parts as read_parts
from .methods.preparing import prepare as prepare
from .methods.occlusion.covers import Cover as Cover

# what every unit responds to, and what it takes from an image
from .studies import Scan as Scan, merge as merge, scan as scan
from .methods.scan import LayerScan as LayerScan, LayerStatistics as LayerStatistics, TopK as TopK
from .methods.scan.found import TopView as TopView
from .methods.scan.images import ScannedImages as ScannedImages
from .methods.scan.state import ScanIdentity as ScanIdentity, ScannedLayer as ScannedLayer
from .studies import Projection as Projection, Projections as Projections, deconv as deconv
from .methods.deconv import ProjectedPixels as ProjectedPixels, Selection as Selection, project_all as project_all

# where a network looks, and what moves it
from .studies import Occlusion as Occlusion, occlude as occlude
from .studies.occlusion_parts import PartsCovered as PartsCovered
from .methods.occlusion import OccluderGrid as OccluderGrid, OcclusionMaps as OcclusionMaps
from .methods.occlusion import PartCost as PartCost
from .methods.occlusion.readings import OcclusionResponses as OcclusionResponses
from .methods.targets import Region as Region
from .studies import Invariance as Invariance, invariance as invariance
from .methods.invariance import Curve as Curve, InvarianceCurves as InvarianceCurves
from .studies import Correspondence as Correspondence, correspond as correspond
from .methods.correspondence import PartAgreement as PartAgreement, PartResult as PartResult
from .methods.correspondence import UntrainedResult as UntrainedResult

# what a unit is for, and what it is tuned to
from .studies import Causes as Causes, causes as causes
from .methods.causes import Balance as Balance, CauseEdge as CauseEdge, CauseGraph as CauseGraph, CauseNode as CauseNode
from .studies import Effects as Effects, effects as effects
from .methods.effects import LayerEffects as LayerEffects, TestedPair as TestedPair
from .studies import Directions as Directions, directions as directions
from .graph import Dictionary as Dictionary
from .methods.directions import LearnedDirections as LearnedDirections, Reconstructed as Reconstructed
from .studies import Tuning as Tuning, tuning as tuning
from .methods.tuning import LayerTuning as LayerTuning
from .studies import Mistakes as Mistakes, mistakes as mistakes
from .studies.mistakes_found import MistakeCase as MistakeCase
from .studies.misclassified import AnsweredImages as AnsweredImages, SimilarImages as SimilarImages
from .methods.mistakes import Explained as Explained

# how it came to be, and what is wrong with it
from .studies import Evolution as Evolution, evolve as evolve
from .methods.evolution.histories import FeatureHistory as FeatureHistory, LayerEvolution as LayerEvolution
from .methods.evolution.histories import UnitHistory as UnitHistory
from .methods.evolution.settling import Settling as Settling
from .studies import Diagnosis as Diagnosis, diagnose as diagnose
from .methods.diagnosis.diagnosis import LayerDiagnosis as LayerDiagnosis
from .methods.diagnosis.filters import Clipping as Clipping, Filters as Filters
from .methods.diagnosis.findings import Finding as Finding
from .methods.diagnosis.measured import DiagnosisLimits as DiagnosisLimits
from .methods.diagnosis.spectrum import FrequencyCoverage as FrequencyCoverage, SpectrumLines as SpectrumLines
from .studies import Sanity as Sanity, sanity as sanity
from .methods.sanity import LayerSanity as LayerSanity
from .methods.sanity.cases import SanityCases as SanityCases
from .methods.sanity.judging import Margins as Margins
from .methods.sanity.looking import Cascade as Cascade, LookedCases as LookedCases
from .methods.randomising import CascadeStage as CascadeStage

# what the paper found, claim by claim
from .studies import Paper as Paper, paper as paper
from .studies.tested import TestedClaim as TestedClaim
from .studies.claims import ClaimDetail as ClaimDetail, ToldClaim as ToldClaim
from .methods.paper import Claim as Claim, MeasuredClaim as MeasuredClaim

# training, and what it is worth
from .studies import Training as Training, train as train
from .training import Config as Config, EpochLog as EpochLog, Recipe as Recipe, read_config as read_config
from .training import NetworkChoice as NetworkChoice
from .models import Architecture as Architecture, Conv as Conv, Full as Full, Norm as Norm
from .studies import Evaluation as Evaluation, evaluate as evaluate
from .training import ClassAccuracy as ClassAccuracy, Judgement as Judgement, Measure as Measure
from .training import Predictions as Predictions, ScoredImages as ScoredImages
from .studies import Ablation as Ablation, ablate as ablate
from .methods.intervals import Paired as Paired
from .training import VariantChange as VariantChange, EnsembleMembers as EnsembleMembers
from .training import MemberAccuracy as MemberAccuracy
from .methods.evolution import SettledUnits as SettledUnits, SettlingTrend as SettlingTrend
from .atlas.charts import Chart as Chart, Series as Series
from .training import AblationTrial as AblationTrial, AblationTrials as AblationTrials
from .training import Variant as Variant, VariantErrors as VariantErrors
from .studies import Transfer as Transfer, transfer as transfer
from .generalisation import Fold as Fold, Learning as Learning, TargetSet as TargetSet
from .generalisation import FoldScore as FoldScore, MeanScore as MeanScore
from .generalisation import TransferScores as TransferScores, open_target as open_target
from .studies import Overlap as Overlap, overlap as overlap
from .generalisation.duplicates import DuplicatePair as DuplicatePair, Duplicates as Duplicates

# what answers are, how they are kept, and whether they are as they were written
from .studies import Answer as Answer, AtlasEntry as AtlasEntry, Figure as Figure, Saved as Saved
from .studies.pictures import SeenImages as SeenImages
from .studies.questions import Question as Question
from .tables import TextTable as TextTable
from .atlas import Atlas as Atlas, build_atlas as build_atlas
from .atlas import AtlasLayer as AtlasLayer, AtlasUnit as AtlasUnit, ClassPreference as ClassPreference
from .atlas import Inventory as Inventory, LayerRecord as LayerRecord, Neighbours as Neighbours
from .atlas import Stamp as Stamp, TileSize as TileSize
from .studies import Verification as Verification, verify as verify
from .verification import DamagedFile as DamagedFile, SoundFile as SoundFile
from .notebook import bench as bench
from .errors import ConvscopeError as ConvscopeError

__version__: str
