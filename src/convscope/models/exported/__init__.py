"""Programs that torch.export saved, read without torch's own reader: nothing of a file is run (README.md)."""

from convscope.models.exported.archive import RELEASES
from convscope.models.exported.fields import Refused
from convscope.models.exported.reading import read_program
from convscope.models.exported.replaying import FAILURES

__all__ = ["FAILURES", "RELEASES", "Refused", "read_program"]
