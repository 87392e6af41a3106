"""Proof on a network of one's own: that it is the module it was traced from, and its pictures autograd's."""

from convscope.methods.checking.certificate import Certificate, CheckVerdict, Compared, Evidence
from convscope.methods.checking.certifying import certify

__all__ = ["Certificate", "Compared", "Evidence", "CheckVerdict", "certify"]
