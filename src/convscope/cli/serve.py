"""`convscope serve`: an atlas in the browser of this machine, over http, and the bench for photos of one's own."""

from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import AllowHost, Common, Host, ImageOptions, ModelOptions, Port, loader, open_images


def serve(
    what: Annotated[str, Parameter(help="the folder of an atlas, or a network as zoo:squeezenet1_1")], /, *,
    images: str | None = None, model: str | None = None, port: Port = 8765, host: Host = "127.0.0.1",
    allow_host: AllowHost = None, allowance: ImageOptions = ImageOptions(), options: ModelOptions = ModelOptions(),
    common: Common = Common(),
) -> None:  # fmt: skip
    """Show an atlas, and the bench for your own photos, at http://127.0.0.1:8765 until it is stopped with Ctrl-C.

    Drop a photo on the bench, cover parts of it, silence units, walk to causes. Beside an atlas it is that of its
    network. Photos stay in memory; --host shows others an atlas, which may be a stranger's folder, and no bench.

        convscope serve atlas
        convscope serve zoo:squeezenet1_1 --images photos/
        convscope serve atlas --host 0.0.0.0 --allow-host box.example

    Args:
        images: Collection whose images the bench offers; by default the atlas's, where they are the sample photos.
        model: The atlas's network, where it is none of the zoo.
    """
    from convscope.server import opened, run

    source = None if images is None else open_images(images, allowance)
    found, terminal = opened(what, model=model, images=source, load=loader(options)), common.terminal()

    def ready(address: str) -> None:
        terminal.result({"address": address, "folder": what})
        terminal.say(f"{what} is at {address} (Ctrl-C stops it)")
        terminal.out.flush()

    run(found.folder, bench=found.bench, host=host, port=port, allow_hosts=allow_host or (), ready=ready)
