"""The strongest responses of every unit to a collection of images, and statistics of all of them."""

from convscope.methods.scan.crops import Crops
from convscope.methods.scan.found import LayerScan, Scanned, TopView
from convscope.methods.scan.scanning import scan
from convscope.methods.scan.statistics import LayerStatistics
from convscope.methods.scan.topk import TopK

__all__ = ["Crops", "LayerScan", "LayerStatistics", "Scanned", "TopK", "TopView", "scan"]
