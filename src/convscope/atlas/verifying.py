"""Whether an atlas is what was made: every file's content against the hash that was taken when it was written."""

from collections.abc import Iterator
from pathlib import Path

from convscope.atlas.described import check_manifest
from convscope.atlas.experiments import experiments, index_script, result_script
from convscope.atlas.inventory import LISTS, Inventory, is_recorded
from convscope.atlas.manifest import FORMAT, Json, load
from convscope.atlas.names import inside, is_inside, is_name
from convscope.atlas.published import PAGE_KINDS, published
from convscope.atlas.web import script
from convscope.errors import StoreError
from convscope.files import has_format
from convscope.verification import DamagedFile, SoundFile

_REMEDY = "delete it, and run the command that made the atlas again"


def verify_folder(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """An atlas, where the folder holds one: what is wrong with it, or that it is as it was made."""
    if not has_format(folder / "manifest.json", FORMAT) and not _lost_its_manifest(folder):
        return
    found = verify_atlas(folder)
    if found:
        yield from found
    else:
        manifest = load(folder)
        yield SoundFile("manifest.json", f"an atlas of {manifest['units']} units and all of its files")


def _lost_its_manifest(folder: Path) -> bool:
    """Whether the page of an atlas is there alone; pages of mistakes have a script of this name, too."""
    about = folder / "data" / "manifest.js"
    if not about.is_file():
        return False
    with about.open("rb") as file:
        return b'"convscope-mistakes"' not in file.read(4096)


def _wrong(path: str, problem: str) -> DamagedFile:
    return DamagedFile(path, problem, _REMEDY)


def verify_atlas(folder: str | Path) -> list[DamagedFile]:
    """What is wrong with an atlas, file by file; an empty list where it is as it was made.

    Reads every file once. Looked at are the manifest, the inventory it names, all files listed there, those that are
    not listed, the page's files and lists, experiments, and the atlases beside it. Asked for the same atlas again,
    `convscope atlas` makes files again that are missing or have another size; delete those with another content first.
    """
    root = Path(folder)
    try:
        manifest = load(root)
        if manifest.get("complete") is not True:
            return [_wrong("manifest.json", "the atlas is not finished: run the command that made it again")]
        check_manifest(root / "manifest.json", manifest)
    except StoreError as error:
        return [_wrong("manifest.json", str(error))]
    return [*_files(root, manifest), *_page(root), *_experiments(root), *_beside(root)]


def _files(root: Path, manifest: Json) -> Iterator[DamagedFile]:
    """What is wrong with the files that the manifest answers for."""
    try:
        inventory = Inventory.read(root, manifest)
    except StoreError as error:
        yield _wrong("inventory.json", str(error))
        return
    damaged = dict(inventory.damage(root))
    for path, stamp in inventory.stamps.items():
        if path in damaged:
            yield _wrong(path, damaged[path])
        elif not stamp.matches(root, path):
            yield _wrong(path, "its content is not what was written")
    for folder in ("data", "pictures", "layers"):
        for found in sorted((root / folder).rglob("*")):
            path = found.relative_to(root).as_posix()
            if is_recorded(path) and path not in inventory.stamps:
                yield _wrong(path, "is not among the files that were written")
    yield from _refused(root, "data/manifest.js")
    if _read(root, "data/manifest.js") not in (None, script("manifest", manifest)):
        yield _wrong("data/manifest.js", "does not say what manifest.json does")


def _page(root: Path) -> Iterator[DamagedFile]:
    """Files of the page that are lost; those of another release are no fault. Lists that are no lists."""
    for name in PAGE_KINDS if (root / "index.html").exists() or not _is_beside(root) else ():
        if not _read(root, name):
            yield _wrong(name, "is missing or empty")
    for path in LISTS:
        yield from _refused(root, path)


def _experiments(root: Path) -> Iterator[DamagedFile]:
    try:
        found = experiments(root)
        listed = index_script(root)
    except StoreError as error:
        yield _wrong("experiments", str(error))
        return
    for one in found:
        for path in (
            *(f"experiments/{one.name}/{file}" for file in (*one.figures, *one.pictures)),
            *[f"data/experiments/{one.name}.js"] * one.data,
        ):
            yield from _refused(root, path)
        for number in range(one.parts):
            path = f"data/experiments/{one.name}/{number}.js"
            yield from _refused(root, path)
            if _read(root, path) is None:  # nor need the rest of as many as it says be looked for
                break
        path = f"data/results/{one.name}.js"
        if _read(root, path) != result_script(root, one):
            yield _wrong(path, "does not say what the experiment does")
    if _read(root, LISTS[0]) not in (None, listed):
        yield _wrong(LISTS[0], "does not list the experiments that are there")


def _beside(root: Path) -> Iterator[DamagedFile]:
    for path in sorted((root / "atlases").glob("*/manifest.json")):
        name = path.parent.name
        try:
            ours = is_name(name) and is_inside(root, f"atlases/{name}/manifest.json")
        except StoreError as error:
            yield _wrong(f"atlases/{name}", str(error))
            continue
        if ours:
            yield from (_wrong(f"atlases/{name}/{one.path}", one.problem) for one in verify_atlas(path.parent))


def _is_beside(root: Path) -> bool:
    """Whether an atlas lies beside another, and has no page of its own."""
    return root.resolve().parent.name == "atlases"


def _refused(root: Path, path: str) -> Iterator[DamagedFile]:
    try:
        published(root, path)
    except FileNotFoundError:
        yield _wrong(path, "is missing")
    except StoreError as error:
        yield _wrong(path, str(error))


def _read(root: Path, path: str) -> bytes | None:
    try:
        return inside(root, path).read_bytes()
    except (OSError, StoreError):
        return None


__all__ = ["verify_atlas", "verify_folder"]
