"""The live side of an atlas: a small web server for its folder and for the bench, on this machine."""

from convscope.server.access import Access, access_for
from convscope.server.app import application, run
from convscope.server.opening import Opened, opened

__all__ = ["Access", "Opened", "access_for", "application", "opened", "run"]
