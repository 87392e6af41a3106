"""Parts of a sanity check kept in a folder, so that one that was stopped goes on: STORE/parts/NAME.safetensors."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.files import write_bytes
from convscope.stores.sealing import Arrays, seal, unseal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """A folder of parts, None for none; `of` says what all of them are parts of."""

    folder: Path | None
    of: Mapping[str, Any]

    def part(
        self, name: str, said: Mapping[str, Any], make: Callable[[], Arrays], *, names: Collection[str] | None = None
    ) -> tuple[Arrays, bool]:
        """The arrays of a part, and whether they were there: else made now, and kept. `said` tells what it is of.

        names: those of the arrays; others, as another version may have written them, are made anew.
        """
        if self.folder is None:
            return make(), False
        key = hashlib.sha256(json.dumps([self.of, said], sort_keys=True).encode()).hexdigest()
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        path = self.folder / "parts" / f"{safe}-{key[:12]}.safetensors"
        kept = _read(path, key)
        if kept is not None and names in (None, set(kept)):
            return kept, True
        made = make()
        write_bytes(path, seal(made, {"of": key, "part": name}), durable=True)
        return made, False


def _read(path: Path, key: str) -> Arrays | None:
    """The arrays in a file; None where there is none, or it is not as it was written: they are then made anew."""
    if not path.is_file():
        return None
    try:
        arrays, said = unseal(path.read_bytes())
    except (OSError, ValueError) as error:
        logger.info("%s cannot be used and is made again: %s", path, error)
        return None
    return arrays if said.get("of") == key else None


__all__ = ["Parts"]
