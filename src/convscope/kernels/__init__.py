"""Every compiled loop, each behind a function that gives the same answer without it: see README.md in this folder."""

from convscope.kernels.kernel import Kernel
from convscope.kernels.switch import State, identity, shown_in, state, switched

__all__ = ["Kernel", "State", "identity", "shown_in", "state", "switched"]
