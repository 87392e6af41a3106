"""What disks, cut transfers and people do to the files of a store, drawn at random from a seed."""

from pathlib import Path

import numpy as np

KINDS = ("flip", "zeros", "noise", "truncate", "extend", "empty", "delete", "swap")


def mutate(folder: Path, seed: int) -> str:
    """What was done to one file of the folder, which it names."""
    random = np.random.default_rng(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = files[random.integers(len(files))]
    kind = KINDS[random.integers(len(KINDS))]
    content = bytearray(path.read_bytes())
    # Half of the places among the first bytes, where small files' headers are and a large file's would be missed.
    size = min(len(content), 4096) if random.random() < 0.5 else len(content)
    at, length = int(random.integers(size)), int(random.integers(1, 65))
    if kind == "delete":
        path.unlink()
        return f"{path.name} deleted"
    if kind == "flip":
        content[at] ^= 1 << int(random.integers(8))
    elif kind == "zeros":
        content[at : at + length] = bytes(len(content[at : at + length]))
    elif kind == "noise":
        content[at : at + length] = random.bytes(len(content[at : at + length]))
    elif kind == "truncate":
        del content[at:]
    elif kind == "extend":
        content += random.bytes(length)
    elif kind == "empty":
        content.clear()
    else:
        other = int(random.integers(len(content)))
        content[at], content[other] = content[other], content[at]
    path.write_bytes(content)
    return f"{path.name}: {kind} at {at} of {len(content)}, {length}"
