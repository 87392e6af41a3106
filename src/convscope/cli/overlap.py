"""`convscope overlap`: the images that two collections have in common."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import Common, ImageOptions, Images, admitted

_SHOWN = 20


def overlap(
    a: Images,
    b: Annotated[str | None, Parameter(help="the other collection; without it, duplicates within the first")] = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", help="file for the list, as CSV")] = None,
    threshold: float | None = None,
    threads: int = 2,
    allowance: ImageOptions | None = None,
    common: Common | None = None,
) -> None:
    """List the images of A that are also in B, recompressed, resized or slightly cropped.

    By normalised correlation of small grey versions, aligned where a slight crop moved them; the most alike first.

        convscope overlap pretraining/ caltech101/ -o list.csv
        convscope overlap photos/

    Parameters
    ----------
    threshold
        Correlation of fine detail from which two images count as the same; by default 0.83.
    threads
        Threads that decode images.
    """
    common = common or Common()
    import convscope
    from convscope.transfer.duplicates import THRESHOLD

    terminal = common.terminal()
    limit = THRESHOLD if threshold is None else threshold
    with terminal.progress() as progress:
        first = convscope.open_source(a, **admitted(allowance))
        second = None if b is None else convscope.open_source(b, **admitted(allowance))
        found = convscope.overlap(first, second, threshold=limit, threads=threads, progress=progress)
    if out is not None:
        found.save(out)
    for bad, which in zip(found.unreadable, (a, b or a), strict=True):
        if bad:
            terminal.remark(f"{bad} images of {which} could not be read")
    terminal.result(
        {
            "out": None if out is None else str(out),
            "images": list(found.images),
            "unreadable": list(found.unreadable),
            "candidates": found.candidates,
            "threshold": found.threshold,
            "pairs": [asdict(pair) for pair in found.pairs],
        }
    )
    shown = [(f"{pair.correlation:.3f}", pair.name_a, pair.name_b) for pair in found.pairs[:_SHOWN]]
    if shown:
        terminal.table(("correlation", "in A", "in B" if b else "also as"), shown, right=(0,))
    if len(found.pairs) > _SHOWN:
        terminal.say(f"... and {len(found.pairs) - _SHOWN} more")
    images = len({pair.a for pair in found.pairs})
    where = f"of the {found.images[1]} of {b}" if b else "again in the same collection"
    saved = f": {out}" if out is not None else ""
    terminal.say(f"{images} of {found.images[0]} images are {where} ({len(found.pairs)} pairs){saved}")


__all__ = ["overlap"]
