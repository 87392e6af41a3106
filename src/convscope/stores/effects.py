"""Effects over a collection with a folder in which the work is kept, so that a repeated call goes on from there.

STORE/parts/LAYER.safetensors    the sums over the images that were looked at so far, written again every few seconds
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from os import PathLike
from pathlib import Path

from convscope import kernels
from convscope.data import Failure, Source
from convscope.files import write_bytes
from convscope.graph import Network
from convscope.methods.effects import LayerEffects, Measuring, Progressed, Silencing
from convscope.progress import Progress, silent
from convscope.stores.sealing import seal, unseal

logger = logging.getLogger(__name__)

PARTS = "parts"
_EVERY = 10.0  # seconds between two writings of the sums, which may be many megabytes


def effects(
    net: Network,
    source: Source,
    question: Silencing,
    *,
    store: str | PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[LayerEffects, list[Failure]]:
    """The effects of silencing units of one layer, and the images that could not be read.

    store: a folder that keeps the sums; what is in it of another question, or damaged, is begun anew.

    Raises:
        UsageError: where the output does not depend on the layer, or units are not its. ImageError: where no image
            could be read. StoreError: where the folder cannot be written.
    """
    work = Measuring(net, source, question, workers=workers, progress=progress or silent)
    if store is None:
        return work.run()
    name = re.sub(r"[^\w.-]+", "_", net.layers[question.layer].name)
    path, key = Path(store) / PARTS / f"{name}.safetensors", _key(net, source, question)
    keeping = _Keeping(path, key)
    work.progressed, work.kept = keeping.read(), keeping.take
    found = work.run()
    keeping.close()
    return found


class _Keeping:
    """The sums in a file, written when some seconds have gone by, and at the end."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._written, self._last = time.monotonic(), None

    def read(self) -> Progressed | None:
        """What was kept; None where there is nothing, it is of another question, or not as it was written."""
        if not self._path.is_file():
            return None
        try:
            arrays, said = unseal(self._path.read_bytes())
            return Progressed.of(arrays, said["work"]) if said.get("of") == self._key else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.info("%s cannot be used and is made again: %s", self._path, error)
            return None

    def take(self, state: Progressed) -> None:
        """Keep the sums, now or a little later."""
        self._last = state
        if time.monotonic() - self._written >= _EVERY:
            self.close()

    def close(self) -> None:
        """Keep what was taken last."""
        if self._last is None:
            return
        arrays, said = self._last.arrays()
        write_bytes(self._path, seal(arrays, {"of": self._key, "work": said}), durable=True)
        self._written, self._last = time.monotonic(), None


def _key(net: Network, source: Source, question: Silencing) -> str:
    """Of everything that the sums depend on."""
    truths = None if question.truths is None else hashlib.sha256(question.truths.tobytes()).hexdigest()
    asked = [net.layers[question.layer].name, [list(map(str, one)) for one in question.silenced]]
    known = [net.fingerprint, net.head.to_json(), repr(net.preprocess), source.fingerprint(), *asked, truths]
    known += [question.to, question.measure, question.batch, question.seed, *kernels.identity(net.device, net.dtype)]
    return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()


__all__ = ["PARTS", "effects"]
