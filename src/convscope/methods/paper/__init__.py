"""What the paper claims, as tests: one table, the statistics, and what follows from them."""

from convscope.methods.paper.judging import VERDICTS, ClaimVerdict, MeasuredClaim
from convscope.methods.paper.table import CLAIMS, Claim, ClaimName

__all__ = ["CLAIMS", "VERDICTS", "Claim", "ClaimName", "MeasuredClaim", "ClaimVerdict"]
