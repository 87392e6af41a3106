"""Whether covering the same part of different objects changes features alike."""

from convscope.methods.correspondence.comparing import PartAgreement, correspondence
from convscope.methods.correspondence.results import PartResult, UntrainedResult

__all__ = ["PartAgreement", "PartResult", "UntrainedResult", "correspondence"]
