"""The names that layers have as files and as addresses of data."""

import re

_LONGEST = 80


def layer_id(index: int, name: str) -> str:
    """The name of a layer in paths and addresses of data: its number among the atlas's layers, then its name.

    The number makes it unique where names differ in case only or in characters that files cannot have, and keeps it
    from being a name that some system reserves.

    >>> layer_id(3, "features.8"), layer_id(12, "block/relu#2")
    ('03-features.8', '12-block_relu_2')
    """
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_LONGEST].rstrip(".")
    return f"{index:02d}-{safe}"
