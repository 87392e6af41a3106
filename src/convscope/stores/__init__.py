"""Work over collections that is kept in a folder: what was stopped goes on, and what is finished is not done again."""

from convscope.stores.distributed import distributed_scan
from convscope.stores.evolution import evolution
from convscope.stores.occlusion import Covered, occlude_source
from convscope.stores.scan import Scan, scan

__all__ = ["Covered", "Scan", "distributed_scan", "evolution", "occlude_source", "scan"]
