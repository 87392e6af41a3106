"""`convscope atlas export`: an atlas, or a part of it, to give away."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import RUN, Common
from convscope.errors import StoreError, UsageError

_FLAG = Parameter(negative=(), show_default=False, group=RUN)


def export(
    folder: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", group=RUN)] = None,
    zip: Annotated[bool, _FLAG] = False,
    single_file: Annotated[bool, _FLAG] = False,
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    units: Annotated[str | None, Parameter(group=RUN)] = None,
    portable: Annotated[bool, _FLAG] = False,
    dry_run: Annotated[bool, _FLAG] = False,
    common: Common | None = None,
) -> None:
    """Write an atlas, or a part of it, to give away: a folder, a zip, or one HTML file to mail.

    What is written opens from disk as the atlas does, and asks for nothing outside itself. The size is told before
    anything is written.

        convscope atlas export atlas --zip
        convscope atlas export atlas --layers features.8 -o part
        convscope atlas export atlas --units features.8:174,features.8:20 --single-file -o two.html

    Parameters
    ----------
    folder
        The atlas.
    out
        What to write; by default beside the folder: NAME.zip, NAME.html, or NAME-export.
    zip
        Write one zip.
    single_file
        Write one HTML file of a few units, with all pictures within it.
    layers
        Only these layers, separated by commas.
    units
        Only these units, separated by commas, as LAYER:UNIT.
    portable
        With the units' pictures as scripts too (a third larger than they are), so that PNG and SVG can be saved from a
        page opened from disk. Atlases with up to 64 MB of pictures have them already.
    dry_run
        Tell the size and write nothing.
    """
    common = common or Common()
    from convscope.atlas import Atlas
    from convscope.atlas import export as exporting

    if zip and single_file:
        raise UsageError("--zip and --single-file: choose one of them")
    terminal = common.terminal()
    scripts = False if single_file else portable or None  # one file can be read as it is; None: as the atlas has them
    made = exporting.plan(Atlas.open(folder), layers=_parts(layers), units=_parts(units), portable=scripts)
    if single_file and made.units > exporting.MAILED:
        raise UsageError(
            f"one file for {made.units} units: at most {exporting.MAILED} go in: name some with --units, or use --zip"
        )
    target = out or _beside(folder, zip=zip, single_file=single_file)
    parts = ", ".join(f"{kind} {megabytes(size)}" for kind, size in exporting.sizes(made))
    terminal.remark(f"{target}: {made.units} units, {made.count} files, {megabytes(made.size)} ({parts})")
    written = 0
    if not dry_run:
        if (zip or single_file) and target.exists():
            raise StoreError(f"{target} is there already: name another with --out")
        if zip:
            written = exporting.export_zip(made, target)
        elif single_file:
            written = exporting.export_single(made, target)
        else:
            written = exporting.export_folder(made, target)
    terminal.result(
        {"out": str(target), "units": made.units, "files": made.count, "bytes": made.size, "written": written}
    )
    if not dry_run:
        terminal.say(f"{target}: {megabytes(written)}")


def _parts(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _beside(folder: Path, *, zip: bool, single_file: bool) -> Path:
    whole = folder.resolve()
    return whole.with_name(whole.name + (".zip" if zip else ".html" if single_file else "-export"))


def megabytes(size: int) -> str:
    """The size for people.

    >>> megabytes(1_234), megabytes(12_345_678)
    ('1 kB', '12.3 MB')
    """
    return f"{size / 1e6:.3g} MB" if size >= 1_000_000 else f"{max(1, round(size / 1e3))} kB"
