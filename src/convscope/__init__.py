"""A microscope for convolutional networks: what every unit responds to, and where in the image it looks.

The public names are gathered here and loaded when first used, so that `import convscope` and `convscope --help` do not
wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convscope.atlas import Atlas, build_atlas
    from convscope.data import Batch, Preprocess, Source, batches, cached, open_source
    from convscope.data.parts import Part, read_parts
    from convscope.errors import ConvscopeError
    from convscope.graph import Field, Layer, Network, Unit
    from convscope.methods.correspondence import PartAgreement, PartResult, correspondence
    from convscope.methods.deconv import ProjectedPixels, Selection, deconv, project, project_all
    from convscope.methods.diagnosis import LayerDiagnosis
    from convscope.methods.evolution import Checkpoint, FeatureHistory
    from convscope.methods.invariance import Curve, InvarianceCurves, invariance
    from convscope.methods.occlusion import OcclusionMaps, occlude
    from convscope.methods.scan import LayerStatistics, TopK
    from convscope.models import load
    from convscope.stores.diagnosis import diagnose
    from convscope.stores.evolution import evolution
    from convscope.stores.occlusion import Covered, occlude_source
    from convscope.stores.scan import Scan, scan
    from convscope.training import AblationTrials, Evaluation, Recipe, ablate, evaluate, read_config, train
    from convscope.transfer import TransferScores, measure_transfer, open_target, overlap
    from convscope.verifying import Verification, verify

__version__ = "0.1.0"

__all__ = [
    # networks
    "load",
    "Network",
    "Layer",
    "Unit",
    "Field",
    # images
    "open_source",
    "batches",
    "cached",
    "Source",
    "Batch",
    "Preprocess",
    # methods
    "deconv",
    "project",
    "project_all",
    "Selection",
    "ProjectedPixels",
    "scan",
    "Scan",
    "TopK",
    "LayerStatistics",
    "occlude",
    "OcclusionMaps",
    "occlude_source",
    "Covered",
    "invariance",
    "InvarianceCurves",
    "Curve",
    "correspondence",
    "PartAgreement",
    "PartResult",
    "read_parts",
    "Part",
    "evolution",
    "FeatureHistory",
    "Checkpoint",
    "diagnose",
    "LayerDiagnosis",
    # training
    "train",
    "read_config",
    "Recipe",
    "evaluate",
    "Evaluation",
    "ablate",
    "AblationTrials",
    # transfer
    "measure_transfer",
    "open_target",
    "TransferScores",
    "overlap",
    # results
    "build_atlas",
    "Atlas",
    "verify",
    "Verification",
    "ConvscopeError",
    "__version__",
]

_HOME = {
    "train": "convscope.training",
    "read_config": "convscope.training",
    "Recipe": "convscope.training",
    "evaluate": "convscope.training",
    "Evaluation": "convscope.training",
    "ablate": "convscope.training",
    "AblationTrials": "convscope.training",
    "evolution": "convscope.stores.evolution",
    "FeatureHistory": "convscope.methods.evolution",
    "Checkpoint": "convscope.methods.evolution",
    "diagnose": "convscope.stores.diagnosis",
    "LayerDiagnosis": "convscope.methods.diagnosis",
    "load": "convscope.models",
    "Network": "convscope.graph",
    "Layer": "convscope.graph",
    "Unit": "convscope.graph",
    "Field": "convscope.graph",
    "open_source": "convscope.data",
    "batches": "convscope.data",
    "cached": "convscope.data",
    "Source": "convscope.data",
    "Batch": "convscope.data",
    "Preprocess": "convscope.data",
    "deconv": "convscope.methods.deconv",
    "project": "convscope.methods.deconv",
    "project_all": "convscope.methods.deconv",
    "Selection": "convscope.methods.deconv",
    "ProjectedPixels": "convscope.methods.deconv",
    "scan": "convscope.stores.scan",
    "Scan": "convscope.stores.scan",
    "TopK": "convscope.methods.scan",
    "LayerStatistics": "convscope.methods.scan",
    "measure_transfer": "convscope.transfer",
    "open_target": "convscope.transfer",
    "TransferScores": "convscope.transfer",
    "overlap": "convscope.transfer",
    "occlude": "convscope.methods.occlusion",
    "OcclusionMaps": "convscope.methods.occlusion",
    "occlude_source": "convscope.stores.occlusion",
    "Covered": "convscope.stores.occlusion",
    "invariance": "convscope.methods.invariance",
    "InvarianceCurves": "convscope.methods.invariance",
    "Curve": "convscope.methods.invariance",
    "correspondence": "convscope.methods.correspondence",
    "PartAgreement": "convscope.methods.correspondence",
    "PartResult": "convscope.methods.correspondence",
    "read_parts": "convscope.data.parts",
    "Part": "convscope.data.parts",
    "build_atlas": "convscope.atlas",
    "Atlas": "convscope.atlas",
    "verify": "convscope.verifying",
    "Verification": "convscope.verifying",
    "ConvscopeError": "convscope.errors",
}


def __getattr__(name: str) -> object:
    """The public name, imported from its room on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'convscope' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted(__all__)
