"""What an image may cost is an option of every command that reads images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convscope as cs
from convscope import data
from convscope.errors import SourceError
from convscope.generalisation import datasets
from convscope.methods import inputs
from convscope.studies import asking
from convscope.training import splits
from tests.cli.conftest import write_images


def test_scan_leaves_larger_images_out(convscope: Callable, images: Path, tmp_path: Path) -> None:
    write_images(images / "large", 1, size=60)
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "a", "--max-pixels", 1600)
    assert done.code == 0
    assert "60x60 pixels are more than the limit of 1600: --max-pixels admits more" in done.err
    assert done.out.splitlines()[-1].startswith("7 images (1 could not be read)")
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "b", "--max-bytes", 6000)
    assert done.out.splitlines()[-1].startswith("7 images (1 could not be read)")
    assert convscope("scan", "zoo:tiny", images, "-o", tmp_path / "c").out.splitlines()[-1].startswith("8 images; ")


COMMANDS: dict[str, tuple[object, ...]] = {
    "scan": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "atlas": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "deconv": ("zoo:tiny", "IMAGES", "-u", "conv1:0", "-o", "OUT"),
    "occlude": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "invariance": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "diagnose": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "evaluate": ("zoo:tiny", "IMAGES"),
    "train": ("imagenette-zfnet", "IMAGES", "-o", "OUT"),
    "ablate": ("imagenette-table3", "IMAGES", "-o", "OUT"),
    "transfer": ("zoo:tiny", "IMAGES", "-o", "OUT"),
    "overlap": ("IMAGES", "IMAGES"),
    "annotate": ("IMAGES", "-o", "OUT/parts.csv"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_passes_the_bounds_on(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    asked: list[dict[str, Any]] = []
    real = data.open_source

    def opened(spec: Any, **options: Any) -> data.Source:
        asked.append(options)
        if options.get("max_pixels") is None:
            return real(spec, **options)
        raise SourceError("as far as this test goes")

    for place in (cs, data, splits, datasets, asking, inputs):
        monkeypatch.setattr(place, "open_source", opened, raising=False)
    tokens = [str(token).replace("IMAGES", str(images)).replace("OUT", str(tmp_path)) for token in COMMANDS[command]]
    rooted = command != "transfer"  # its target set is opened as it is named first
    root = ("--root", tmp_path) if rooted else ()
    done = convscope(command, *tokens, "--max-pixels", 123, "--max-bytes", 4567, *root)
    assert done.err.splitlines()[-1] == "convscope: as far as this test goes"
    assert (asked[-1]["max_pixels"], asked[-1]["max_bytes"]) == (123, 4567)
    assert asked[-1].get("root") == (tmp_path if rooted else None)
