"""`convscope scan` and `convscope merge`."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convscope as cs
from tests.cli.conftest import write_images


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough images for several rounds through the network."""
    return write_images(tmp_path / "many", 50)


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_report_has_a_line_a_layer_and_says_what_was_scanned(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    assert done.code == 0
    stages = cs.load("zoo:tiny").layers.stages()
    assert [line.split()[0] for line in done.out.splitlines()[1 : 1 + len(stages)]] == list(stages)
    assert f"layers {', '.join(stages)}" in done.err
    assert "scan: 7/7" in done.err
    assert done.out.splitlines()[-1].startswith("7 images; ")
    assert done.out.splitlines()[-1].endswith(f": {tmp_path / 'out'}")


def test_json_agrees_with_what_was_stored(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope(
        *("scan", "zoo:tiny", images, "-o", tmp_path / "out", "--layers", "block1.relu2,conv1", "-k", 3, "--json")
    )
    found = cs.Scan.load(tmp_path / "out")
    document = done.document
    assert found.k == 3
    assert (document["images"], document["complete"], document["failures"]) == (7, True, [])
    assert [layer["name"] for layer in document["layers"]] == list(found) == ["conv1", "block1.relu2"]
    for layer in document["layers"]:
        values = found[layer["name"]].values
        assert layer["value"] == pytest.approx(float(values.max()))
        assert layer["strongest"] == f"{layer['name']}:{int(values[:, 0].argmax())}"
        assert layer["units"] == len(values)


def test_result_does_not_depend_on_how_the_work_is_done(convscope: Callable, many: Path, tmp_path: Path) -> None:
    assert convscope("scan", "zoo:tiny", many, "-o", tmp_path / "whole", "--workers", 1).code == 0
    assert convscope("scan", "zoo:tiny", many, "-o", tmp_path / "other", "--workers", 2, "--batch", 5).code == 0
    for part in (1, 0, 2):
        done = convscope("scan", "zoo:tiny", many, "-o", tmp_path / f"part{part}", "--shard", f"{part}/3", "--json")
        assert (done.code, done.document["complete"]) == (0, False)
    parts = [tmp_path / f"part{part}" for part in (2, 0, 1)]
    done = convscope("merge", *parts, "-o", tmp_path / "merged", "--json")
    assert (done.code, done.document["complete"]) == (0, True)
    assert contents(tmp_path / "whole") == contents(tmp_path / "other") == contents(tmp_path / "merged")


def test_scan_that_is_done_says_so(convscope: Callable, images: Path, tmp_path: Path) -> None:
    first = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    before = contents(tmp_path / "out")
    again = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    assert again.code == 0
    assert again.out == first.out
    assert "nothing is left to do" in again.err
    assert "nothing is left to do" not in first.err
    assert contents(tmp_path / "out") == before


def test_quiet_leaves_the_result_alone(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out", "-q")
    assert done.err == ""
    assert done.out


def test_unreadable_images_are_counted_and_named(convscope: Callable, images: Path, tmp_path: Path) -> None:
    (images / "odd" / "3.png").write_bytes(b"no image")
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out", "--json")
    assert done.code == 0
    assert done.document["images"] == 6
    assert [one["name"] for one in done.document["failures"]] == ["odd/3.png"]
    assert "left out odd/3.png" in done.err


def test_folder_of_another_network_is_left_alone(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    before = contents(tmp_path / "out")
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out", "--seed", 1)
    assert done.code == 5
    assert "zoo:tiny (random weights, seed 0)" in done.err
    assert "zoo:tiny (random weights, seed 1)" in done.err
    assert contents(tmp_path / "out") == before


def test_result_that_cannot_be_a_folder_is_refused(convscope: Callable, images: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    assert done.code == 5
    assert str(tmp_path / "out") in done.err


def test_nothing_to_merge_is_misuse(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("merge", "-o", tmp_path / "out")
    assert done.code == 2
    assert "nothing to merge" in done.err


def test_merging_what_is_no_scan_is_refused(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("merge", tmp_path, "-o", tmp_path / "out")
    assert done.code == 5
    assert "holds no scan" in done.err


def test_merging_the_same_part_twice_is_refused(convscope: Callable, many: Path, tmp_path: Path) -> None:
    convscope("scan", "zoo:tiny", many, "-o", tmp_path / "part", "--shard", "0/2")
    done = convscope("merge", tmp_path / "part", tmp_path / "part", "-o", tmp_path / "out")
    assert done.code == 5
    assert not (tmp_path / "out").exists()


def test_full_disk_is_one_message(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    done = convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out")
    assert done.code == 5
    assert "the disk is full" in done.err
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as a terminal sends them")
def test_interrupted_scan_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", 240)
    command = [sys.executable, "-m", "convscope", "scan", "zoo:squeezenet1_0", photos, "--input-size", "127"]
    command += ["--layers", "features.5", "--workers", "1"]  # some seconds, so that it does not end before the signal
    with subprocess.Popen(
        [*command, "-o", tmp_path / "out"],
        stderr=subprocess.PIPE,
        text=True,
        # Whoever starts the tests in a shell's background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("scan: 0/240"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == "convscope: interrupted; finished parts are kept: run the same command again to go on\n"

    for out in ("out", "uninterrupted"):
        subprocess.run([*command, "-o", tmp_path / out], check=True, capture_output=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "uninterrupted")


def test_class_names_come_from_folders(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("scan", "zoo:tiny", images, "-o", tmp_path / "out", "--layers", "conv1")
    statistics = cs.Scan.load(tmp_path / "out")["conv1"].statistics
    assert statistics is not None
    assert statistics.class_count is not None
    assert statistics.class_count.tolist() == [4, 3]


def test_large_image_of_one_colour_is_scanned(convscope: Callable, tmp_path: Path) -> None:
    Image.new("L", (300, 200), 7).save(tmp_path / "grey.png")
    done = convscope("scan", "zoo:tiny", tmp_path / "grey.png", "-o", tmp_path / "out", "--json")
    assert done.document["images"] == 1


@pytest.mark.parametrize("command", ["scan", "atlas"])
def test_images_of_which_none_can_be_read_are_an_error(convscope: Callable, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(b"no image")
    for _ in range(2):  # also when it is asked again
        done = convscope(command, "zoo:tiny", folder, "-o", tmp_path / "out", "--layers", "conv1")
        assert done.code == 4
        assert "none of the 3 images of the collection can be read; the first, 0.png: " in done.err


@pytest.mark.parametrize("command", ["scan", "atlas"])
def test_what_made_no_image_readable_may_be_mended_in_the_same_folder(
    convscope: Callable, tmp_path: Path, command: str
) -> None:
    folder = tmp_path / "xrays"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.arange(1600, dtype=np.uint16).reshape(40, 40) * 2 + number).save(folder / f"{number}.png")
    asked = (command, "zoo:tiny", folder, "-o", tmp_path / "out", "--layers", "conv1")
    refused = convscope(*asked)
    assert refused.code == 4
    assert refused.err.count("would be nearly black") == 1  # not once for each largest value
    assert "say --range low:high, --range file where" in refused.err
    mended = convscope(*asked, "--range", "0:4095")
    assert mended.code == 0, mended.err
    again = convscope(*asked, "--range", "0:9000", "--mean", "0.1", "--std", "0.2")
    assert again.code == 5
    for difference in ("range 0:4095, not 0:9000", "mean 0.5, not 0.1", "std 0.25, not 0.2"):
        assert difference in again.err
