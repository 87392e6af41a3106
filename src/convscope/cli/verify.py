"""`convscope verify`: whether kept results are as they were written."""

from pathlib import Path

import convscope
from convscope.cli.options import Common
from convscope.errors import StoreError


def verify(folder: Path, /, *, common: Common = Common()) -> None:
    """Look at every file that convscope keeps in a folder: is it as it was written, and what is to be done if not.

    Finished and unfinished scans, decoded images that are kept (--cache), features and scores of transfer experiments,
    evolutions, occlusions of collections, trainings and atlases. Everything is read to its end, and nothing is changed.
    Exit code 5 where something is damaged or missing.

        convscope verify scan
        convscope verify transfer --json

    Args:
        folder: The folder; those in it are looked at too.
    """
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = convscope.verify(folder, progress=progress)
    terminal.result(found.to_json())
    for one in found.held:
        terminal.say(f"holds    {one.path}  {one.what}")
    for one in found.findings:
        terminal.say(f"damaged  {one.path}  {one.problem}: {one.remedy}")
    if not found.intact:
        raise StoreError(f"{found.summary} in {folder}")
    terminal.say(found.summary)
