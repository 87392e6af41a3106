"""What a build has made, part by part: size and SHA-256 of every file, so that none is believed because it exists.

A process may be killed, and power may fail, at any moment. A file that was renamed into place can then be empty or full
of zeros. So each part of a build (a block of units, a layer, its extras ...) ends with a receipt, `work/receipts/PART`,
that lists its files. A build that goes on believes a part whose files all match its receipt, and deletes the rest of
what it wrote: from there on a file that exists is a file that is right. A finished atlas has one table of all files,
`inventory.json`, which its manifest names with its hash; see `inventory.py`.
"""

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from convscope.atlas.inventory import (
    INTERFERED,
    Inventory,
    Stamp,
    Stamps,
    is_recorded,
    parts_json,
    read_stamps,
    stamp_of,
)
from convscope.atlas.names import place
from convscope.errors import StoreError
from convscope.files import remove_leftovers, sync_all, write_bytes

RECEIPTS = "work/receipts"
IMAGES = "images"
"""The part of whole images, each of which is believed by itself."""
FINISH = "finish"
"""The part with what is about the atlas as a whole."""
_FOLDERS = ("data", "pictures", "layers", "work")


class Ledger:
    """The receipts of a build in a folder."""

    def __init__(self, folder: Path, parts: Stamps | None = None) -> None:
        self.folder = folder
        self._parts: dict[str, dict[str, Stamp]] = {name: dict(files) for name, files in (parts or {}).items()}
        self._stamps = {path: stamp for files in self._parts.values() for path, stamp in files.items()}
        self._new: dict[str, Stamp] = {}
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, folder: Path, *, finished: Inventory | None = None) -> "Ledger":
        """The ledger of a build that begins or goes on: what no receipt vouches for is gone when this returns.

        finished: the inventory of an atlas that was finished and has lost some of it.
        """
        remove_leftovers(folder)
        found = {} if finished is None else {name: dict(files) for name, files in finished.parts.items()}
        for path in sorted((folder / RECEIPTS).glob("*.json")):
            for name, files in _receipt(path).items():
                found.setdefault(name, {}).update(files)
        found.pop(FINISH, None)  # which is made anew each time
        ledger = cls(folder, _believed(folder, found))
        ledger._sweep()
        if finished is not None:  # the manifest will not name the inventory any more
            for name, files in ledger._parts.items():
                ledger._write(name, files)
        return ledger

    def note(self, path: Path, content: bytes) -> None:
        """Remember a whole image that was just written; the next receipt vouches for it too."""
        with self._lock:
            self._new[self._relative(path)] = stamp_of(content)

    def record(self, part: str, paths: Iterable[Path]) -> None:
        """Write the receipt of a part whose files are all written.

        Raises StoreError where one of them is gone.
        """
        files = {}
        for path in paths:
            relative = self._relative(path)
            files[relative] = self._stamps.get(relative) or stamp_of(_read(path))
        self._write(part, files)
        with self._lock:
            self._parts[part] = files
            self._stamps |= files
            images, self._new = self._new, {}
            self._parts.setdefault(IMAGES, {}).update(images)
        if images:
            self._write(f"{IMAGES}.{part}", images, part=IMAGES)

    def forget(self, parts: Iterable[str]) -> None:
        """Drop the receipts of parts that others have taken the place of."""
        for part in parts:
            self._parts.pop(part, None)
            (self.folder / RECEIPTS / f"{part}.json").unlink(missing_ok=True)

    def finish(self, paths: Iterable[Path], also: Iterable[Path]) -> Inventory:
        """The inventory of all that was made, with the files of the last part; they and the files `also` are on disk.

        Raises StoreError where a file is gone, or not what was written.
        """
        self.record(FINISH, paths)
        parts = {
            name: {path: stamp for path, stamp in files.items() if is_recorded(path)}
            for name, files in self._parts.items()
        }
        made = Inventory({name: files for name, files in parts.items() if files})
        sync_all([*(self.folder / path for path in made.stamps), *also])
        for path, said in made.damage(self.folder):
            raise StoreError(f"{self.folder / path} {said}: {INTERFERED}")
        return made

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _write(self, name: str, files: Mapping[str, Stamp], *, part: str | None = None) -> None:
        write_bytes(self.folder / RECEIPTS / f"{name}.json", parts_json({part or name: files}))

    def _sweep(self) -> None:
        """Delete what a build writes and no part vouches for; other files are left alone."""
        kept = {path for files in self._parts.values() for path in files}
        for path in self._written():
            relative = self._relative(path)
            if relative.startswith(f"{RECEIPTS}/"):
                stale = path.stem.partition(f"{IMAGES}.")[2] == "" and path.stem not in self._parts
            else:
                stale = relative not in kept and (is_recorded(relative) or relative.startswith("work/"))
            if stale:
                path.unlink(missing_ok=True)

    def _written(self) -> Iterable[Path]:
        for name in _FOLDERS:
            for folder, _, files in os.walk(place(self.folder, name)):
                yield from (self.folder / Path(folder).relative_to(self.folder.resolve()) / file for file in files)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path} was just written and cannot be read ({error.strerror or error}): {INTERFERED}"
        ) from error


def _receipt(path: Path) -> Stamps:
    """The parts in a receipt; none where it is damaged: what it vouched for is made again."""
    try:
        return read_stamps(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def _believed(folder: Path, found: Stamps) -> Stamps:
    """The parts whose files are all as their receipts say; of whole images those that are."""
    checked: dict[str, bool] = {}

    def right(path: str, stamp: Stamp) -> bool:
        if path not in checked:
            checked[path] = stamp.matches(folder, path)
        return checked[path]

    believed: dict[str, Mapping[str, Stamp]] = {}
    for name, files in found.items():
        good = {path: stamp for path, stamp in files.items() if right(path, stamp)}
        if name == IMAGES or len(good) == len(files):
            believed[name] = good
    return believed


__all__ = ["FINISH", "IMAGES", "RECEIPTS", "Ledger"]
