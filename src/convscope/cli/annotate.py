"""`convscope annotate`: boxes around parts of images, drawn in the browser."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import AllowHost, Common, Host, ImageOptions, Limit, Port, open_images


def annotate(
    *images: Annotated[str, Parameter(help="image files, or collections such as a folder")],
    out: Annotated[Path, Parameter(alias="-o", help="table of parts to write: a CSV, read first if it is there")],
    part: Annotated[list[str] | None, Parameter(alias="-p", negative=())] = None, limit: Limit = None,
    port: Port = 8766, host: Host = "127.0.0.1", allow_host: AllowHost = None,
    allowance: ImageOptions = ImageOptions(), common: Common = Common(),
) -> None:  # fmt: skip
    """Draw boxes around parts of images on a local page, for `convscope correspond`.

    Open the address in a browser of this machine. Every change is saved at once; run the same command again to go on.
    The box called `object` is no part: what parts are compared with stays within it.

        convscope annotate dogs/ -o dogs.csv -p "left eye" -p "right eye" -p nose

    Args:
        part: Name of a part to offer; may be given several times. More can be added on the page.
    """
    from convscope.server.annotate import annotator
    from convscope.server.app import access_for, listen

    source = open_images(images, allowance, limit=limit)
    access = access_for(host, allow=allow_host or ())
    served = annotator(source, out, parts=tuple(part or ()), access=access)
    terminal = common.terminal()

    def ready(address: str) -> None:
        terminal.result({"address": address, "out": str(out), "images": len(source)})
        terminal.say(f"{len(source)} images are at {address}, boxes go to {out} (Ctrl-C stops it)")
        terminal.out.flush()

    listen(served, host=host, port=port, access=access, ready=ready)
