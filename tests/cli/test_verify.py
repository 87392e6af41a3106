"""`convscope verify`: what holds, what does not, and exit code 5."""

from collections.abc import Callable
from pathlib import Path


def test_a_scan_that_holds(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("scan", "zoo:tiny", images, "-o", tmp_path / "scan", "--layers", "conv1", "--cache", tmp_path / "cache")
    done = convscope("verify", tmp_path / "scan")
    assert done.code == 0
    assert done.out.splitlines() == [
        "holds    layers/000-conv1.safetensors  16 units of conv1",
        f"holds    manifest.json  {done.out.splitlines()[1].partition('  manifest.json  ')[2]}",
        "2 files are as written",
    ]
    assert convscope("verify", tmp_path / "cache", "--json").document["files"][0]["what"] == "7 of 7 crops of 32x32x3"


def test_damage_is_named_and_ends_with_5(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("scan", "zoo:tiny", images, "-o", tmp_path / "scan", "--layers", "conv1")
    path = tmp_path / "scan" / "layers" / "000-conv1.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    done = convscope("verify", tmp_path / "scan")
    assert done.code == 5
    assert "damaged  layers/000-conv1.safetensors  its content is not what the manifest's checksum says" in done.out
    assert "delete manifest.json and run the same scan again" in done.out
    assert f"1 of 2 files is damaged or missing in {tmp_path / 'scan'}" in done.err
    told = convscope("verify", tmp_path / "scan", "--json")
    assert (told.code, told.document["intact"]) == (5, False)


def test_a_folder_of_something_else(convscope: Callable, images: Path) -> None:
    done = convscope("verify", images)
    assert done.code == 5
    assert "holds nothing that can be verified" in done.err
