"""What a command writes, one call in Python writes too: the same files with the same bytes."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from convscope.cli import main
from convscope.generalisation import Learning


def written(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file by its path; of a compressed pack, that of its arrays: a zip holds times."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            digest = hashlib.sha256()
            if path.suffix == ".npz":
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        digest.update(archive.read(name))
            else:
                digest.update(path.read_bytes())
            found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


Call = Callable[[cs.Network, Path, Path], object]

ASKED: dict[str, tuple[tuple[str, ...], Call]] = {
    "scan": (
        ("scan", "zoo:tiny", "IMAGES", "--layers", "relu1,fc", "-k", "3"),
        lambda net, images, out: cs.scan(net, str(images), store=out, layers=["relu1", "fc"], k=3),
    ),
    "deconv": (
        ("deconv", "zoo:tiny", "IMAGES", "-u", "relu1:3", "-u", "fc:1", "--rule", "guided"),
        lambda net, images, out: cs.deconv(net, str(images), ["relu1:3", "fc:1"], store=out, rule="guided"),
    ),
    "occlude": (
        ("occlude", "zoo:tiny", "IMAGES", "--size", "16", "--stride", "8", "--limit", "2", "-t", "3", "-u", "relu1:2"),
        lambda net, images, out: cs.occlude(
            net, images, store=out, size=16, stride=8, limit=2, target=3, units=["relu1:2"]
        ),
    ),
    "invariance": (
        ("invariance", "zoo:tiny", "IMAGES", "-T", "scale=1,1.5", "--limit", "3"),
        lambda net, images, out: cs.invariance(net, images, store=out, transformations={"scale": (1.0, 1.5)}, limit=3),
    ),
    "correspond": (
        ("correspond", "zoo:tiny", "IMAGES", "--parts", "PARTS", "--draws", "10", "--layers", "relu1"),
        lambda net, images, out: cs.correspond(
            net, images, images.with_name("parts.csv"), store=out, draws=10, layers=["relu1"]
        ),
    ),
    "diagnose": (
        ("diagnose", "zoo:tiny", "IMAGES", "--projections", "4"),
        lambda net, images, out: cs.diagnose(net, images, store=out, projections=4),
    ),
    "evolve": (
        ("evolve", "RUN", "IMAGES", "--model", "zoo:tiny", "--layers", "relu1", "--units", "2"),
        lambda net, images, out: cs.evolve(
            images.with_name("run"), images, store=out, model="zoo:tiny", layers=["relu1"], units=2
        ),
    ),
    "evaluate": (
        ("evaluate", "zoo:tiny", "IMAGES", "--match", "index"),
        lambda net, images, out: cs.evaluate(net, images, store=out, match="index"),
    ),
    "transfer": (
        ("transfer", "zoo:tiny", "IMAGES", "--per-class", "2", "--folds", "2", "--layers", "fc", "--c", "1,10"),
        lambda net, images, out: cs.transfer(
            "zoo:tiny",
            str(images),
            store=out,
            per_class=[2],
            folds=2,
            layers=["fc"],
            learning=Learning(grid=(1.0, 10.0)),
        ),
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_same_files_with_the_same_bytes(
    net: cs.Network, images: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, call = ASKED[name]
    places = {"IMAGES": images, "PARTS": images.with_name("parts.csv"), "RUN": images.with_name("run")}
    tokens = [str(places.get(token, token)) for token in arguments]
    assert main([*tokens, "-o", str(tmp_path / "command"), "-q"]) == 0, capsys.readouterr().err
    call(net, images, tmp_path / "python")
    found = written(tmp_path / "command")
    assert found
    assert written(tmp_path / "python") == found


def test_answers_that_are_not_kept_write_nothing(net: cs.Network, images: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    found = cs.occlude(net, images, size=16, stride=8, limit=1)
    assert set(tmp_path.rglob("*")) == before
    assert len(found.rows()) == 1
    assert found.rows()[0]["image"] in found.summary
    assert next(iter(found.figures().values())).draw()[:4] == b"\x89PNG"


def test_an_atlas_shows_an_answer_that_was_never_written(net: cs.Network, images: Path, tmp_path: Path) -> None:
    atlas = cs.build_atlas(net, str(images), tmp_path / "atlas", layers=["relu1"], k=1)
    cs.invariance(net, images, transformations={"rotation": (0.0, 10.0)}, limit=2, atlas=atlas, name="turned")
    place = tmp_path / "atlas" / "experiments" / "turned"
    assert (place / "invariance.png").is_file()
    assert (place / "table.csv").read_text().startswith("transformation,by,")
