"""Whether covering the same part of different objects changes features alike."""

from convscope.methods.correspondence.comparing import Correspondence, PartResult, correspondence

__all__ = ["Correspondence", "PartResult", "correspondence"]
