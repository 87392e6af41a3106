"""`convscope atlas export`: an atlas, or a part of it, to give away."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli.options import RUN, Common
from convscope.cli.parsing import parse_names
from convscope.errors import UsageError

_FLAG = Parameter(negative=(), show_default=False, group=RUN)


def export(
    folder: Path, /, *, out: Annotated[Path | None, Parameter(alias="-o", group=RUN)] = None,
    zip: Annotated[bool, _FLAG] = False, single_file: Annotated[bool, _FLAG] = False,
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    units: Annotated[str | None, Parameter(group=RUN)] = None, portable: Annotated[bool, _FLAG] = False,
    dry_run: Annotated[bool, _FLAG] = False, common: Common = Common(),
) -> None:  # fmt: skip
    """Write an atlas, or a part of it, to give away: a folder, a zip, or one HTML file to mail.

    What is written opens from disk as the atlas does, and asks for nothing outside itself. The size is told before
    anything is written.

        convscope atlas export atlas --zip
        convscope atlas export atlas --layers features.8 -o part
        convscope atlas export atlas --units features.8:174,features.8:20 --single-file -o two.html

    Args:
        folder: The atlas.
        out: What to write; by default beside the folder: NAME.zip, NAME.html, or NAME-export.
        zip: Write one zip.
        single_file: Write one HTML file of a few units and those they link to, 32 at most, all pictures within it.
        layers: Only these layers, separated by commas.
        units: Only these units, separated by commas, as LAYER:UNIT.
        portable: With the units' pictures as scripts too (a third larger than they are), so that PNG and SVG can be
            saved from a page opened from disk. Atlases with up to 64 MB of pictures have them already.
        dry_run: Tell the size and write nothing.
    """
    if zip and single_file:
        raise UsageError("--zip and --single-file: choose one of them")
    from convscope.atlas import export as exporting

    form = "zip" if zip else "file" if single_file else "folder"
    made, target = exporting.prepared(
        folder, out, form=form, layers=parse_names(layers, "layers"), units=parse_names(units, "units"),
        portable="scripts" if portable else "as it is",
    )  # fmt: skip
    terminal = common.terminal()
    parts = ", ".join(f"{kind} {exporting.megabytes(size)}" for kind, size in exporting.sizes(made))
    terminal.remark(f"{target}: {made.units} units, {made.count} files, {exporting.megabytes(made.size)} ({parts})")
    written = 0 if dry_run else exporting.write(made, target, form)
    terminal.result(
        {"out": str(target), "units": made.units, "files": made.count, "bytes": made.size, "written": written}
    )
    if not dry_run:
        terminal.say(f"{target}: {exporting.megabytes(written)}")
