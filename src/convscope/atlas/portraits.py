"""What each image of the collection excites most, and what the network answers to it: scripts of 64 images, for pages.

All images of a collection of up to 2,000; of a larger one 2,000, evenly spread, and every image that is shown anywhere
in the atlas. A script that is there is kept, so that a build that was stopped goes on.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.ledger import Ledger
from convscope.atlas.patches import Studio
from convscope.atlas.profiles import ImageMaxima, Profile, responses, sampled, strongest_units
from convscope.atlas.store import LayerRecord
from convscope.atlas.web import numbers, printable, script
from convscope.atlas.webdata import class_table, image_table
from convscope.files import write_bytes
from convscope.methods.answering import head_of
from convscope.methods.workers import Workers
from convscope.progress import Progress

Json = dict[str, Any]

LISTED = 2000
"""Images that are listed by name, at most."""
SHARD_PORTRAITS = 64


@dataclass(frozen=True)
class Portraits:
    """Everything needed to say what images excite; unreadable images are left out."""

    folder: Path
    studio: Studio
    records: Sequence[LayerRecord]
    ledger: Ledger
    unreadable: frozenset[int] = frozenset()

    def listed(self) -> NDArray[np.int64]:
        """The images that are listed by name, ascending."""
        found = sampled(len(self.studio.source), LISTED)
        return found[~np.isin(found, sorted(self.unreadable))]

    def chosen(self, found: Profile) -> NDArray[np.int64]:
        """All images with a portrait, ascending: those listed, those sampled, and those that units are strongest on."""
        winners = [r.images[(r.images >= 0) & (r.values != 0)] for r in self.records]
        return np.unique(np.concatenate([self.listed(), found.images, *winners])).astype(np.int64)

    def write(self, found: Profile, team: Workers, progress: Progress) -> None:
        """Write the scripts that are not there yet, shared out among the team, and last the index."""
        chosen, known = self.chosen(found), {image: row for row, image in enumerate(found.images.tolist())}
        progress("images", 0, len(chosen))
        done, lock = 0, threading.Lock()

        def make(number: int) -> None:
            nonlocal done
            images = chosen[number * SHARD_PORTRAITS : (number + 1) * SHARD_PORTRAITS]
            path = self.folder / "data" / "profiles" / f"{number}.js"
            if not path.exists():
                write_bytes(path, script(f"profiles/{number}", self._shard(images, found, known)))
                self.ledger.record(f"portraits-{number}", [path])
            with lock:
                done += len(images)
                progress("images", done, len(chosen))

        team.map(make, range(-(-len(chosen) // SHARD_PORTRAITS)))
        self._write_index(chosen)
        self.studio.complete_small(chosen.tolist())

    def _shard(self, images: NDArray[np.int64], found: Profile, known: dict[int, int]) -> Json:
        told = {image: self._told(found, row) for image in images.tolist() if (row := known.get(image)) is not None}
        rest = np.array([image for image in images.tolist() if image not in known], np.int64)
        names = [record.layer.name for record in self.records]
        for batch in responses(self.studio, names, rest):
            told |= {image: self._told(batch, row) for row, image in enumerate(batch.images.tolist())}
        table = image_table(self.studio.source, told)
        for image, of in told.items():
            table[str(image)] |= of
        shard = {"images": table, "classes": class_table(self.studio.source, (i["label"] for i in table.values()))}
        return shard | self._named({label for of in told.values() for label, _ in of.get("answers", [])})

    def _told(self, found: ImageMaxima, row: int) -> Json:
        """What there is to say of an image: the units that respond most, and answers where the output has a meaning."""
        strong = [self._strong(record, found.part(record.layer.name, row)) for record in self.records]
        answers = [list(pair) for pair in found.answers(row)]
        return {"layers": strong, **({"answers": answers} if answers else {})}

    def _named(self, labels: set[int]) -> Json:
        """What answers are called, and what their scores are."""
        net, head = self.studio.net, head_of(self.studio.net)
        if head is None or not labels:
            return {}
        names = {str(label): printable(head.label_name(label, net.classes)) for label in sorted(labels)}
        return {"answers": {"score": head.score, "names": names}}

    @staticmethod
    def _strong(record: LayerRecord, of: tuple[NDArray[np.float32], NDArray[np.int32]]) -> list[list[Any]]:
        """[channel, value, share of its maximum, y, x] of the units of a layer that respond most to an image."""
        values, places = of
        second = record.values[:, 1] if record.values.shape[1] > 1 else np.zeros_like(record.maximum)
        width, rows = record.layer.width, strongest_units(values, record.maximum, second)
        exact = numbers(values[[unit for unit, _ in rows]]) if rows else []
        return [
            [unit, value, round(share, 4), int(places[unit]) // width, int(places[unit]) % width]
            for (unit, share), value in zip(rows, exact, strict=True)
        ]

    def _write_index(self, chosen: NDArray[np.int64]) -> None:
        source, listed = self.studio.source, self.listed().tolist()
        labels = [source.label(image) for image in listed]
        index = {
            "starts": chosen[::SHARD_PORTRAITS].tolist(),
            "count": len(chosen),
            "images": listed,
            "names": [printable(source.name(image)) for image in listed],
            "labels": labels,
            "classes": class_table(source, labels),
        }
        path = self.folder / "data" / "profiles" / "index.js"
        if not path.exists():
            write_bytes(path, script("profiles/index", index))
            self.ledger.record("portraits", [path])


__all__ = ["LISTED", "SHARD_PORTRAITS", "Portraits"]
