"""`convscope overlap`: the images that two collections have in common."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import convscope
from convscope.cli.options import Common, ImageOptions, Images, Workers, open_images
from convscope.cli.present import present


def overlap(
    images: Images,
    others: Annotated[str | None, Parameter(help="the others; without them, duplicates within the first")] = None, /, *,
    store: Annotated[Path | None, Parameter(alias="-o", help="folder for the list, as pairs.csv")] = None,
    threshold: float | None = None, workers: Workers = None, allowance: ImageOptions = ImageOptions(),
    common: Common = Common(),
) -> None:  # fmt: skip
    """List the images that are also among the others, recompressed, resized or slightly cropped.

    By normalised correlation of small grey versions, aligned where a slight crop moved them; the most alike first.

        convscope overlap pretraining/ caltech101/ -o overlap
        convscope overlap photos/

    Args:
        threshold: Correlation of fine detail from which two images count as the same; by default 0.83.
    """
    from convscope.studies.duplication import TABLE

    terminal = common.terminal()
    how = {} if threshold is None else {"threshold": threshold}
    first, second = (None if one is None else open_images(one, allowance) for one in (images, others))
    with terminal.progress() as progress:
        found = convscope.overlap(
            first, second, names=(images, others), store=store, workers=workers, progress=progress, **how
        )
    present(found, terminal)
    terminal.say(found.summary + ("" if store is None else f": {store / TABLE}"))
