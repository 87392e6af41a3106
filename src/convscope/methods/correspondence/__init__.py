"""Whether covering the same part of different objects changes features alike."""

from convscope.methods.correspondence.comparing import PartAgreement, PartResult, correspondence

__all__ = ["PartAgreement", "PartResult", "correspondence"]
