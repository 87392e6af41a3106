"""`convscope serve`: an atlas in the browser of this machine, over http."""

from pathlib import Path

from convscope.cli.options import AllowHost, Common, Host, Port


def serve(
    folder: Path, /, *, port: Port = 8765, host: Host = "127.0.0.1", allow_host: AllowHost = None,
    common: Common = Common(),
) -> None:  # fmt: skip
    """Show an atlas at http://127.0.0.1:8765 until it is stopped with Ctrl-C.

    The folder opens from disk too; over http the buttons that save pictures work as well, and the page is convscope's
    own whatever the folder holds: an atlas that somebody sent can be looked at. Only this machine can reach it, unless
    --host says otherwise: then the address that is printed holds a token, and nothing is answered without.

        convscope serve atlas
        convscope serve atlas --host 0.0.0.0 --allow-host box.example

    Args:
        folder: The atlas.
    """
    from convscope.server import run

    terminal = common.terminal()

    def ready(address: str) -> None:
        terminal.result({"address": address, "folder": str(folder)})
        terminal.say(f"{folder} is at {address} (Ctrl-C stops it)")
        terminal.out.flush()

    run(folder, host=host, port=port, allow_hosts=allow_host or (), ready=ready)
