"""The live side of an atlas: a small web server for its folder, on this machine."""

from convscope.server.access import Access, access_for
from convscope.server.app import application, run

__all__ = ["Access", "access_for", "application", "run"]
