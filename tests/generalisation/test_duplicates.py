"""Images that two collections have in common."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope.errors import SourceError, UsageError
from convscope.generalisation import duplicates

COUNT = 400


def scene(seed: int) -> np.ndarray:
    """A picture with structure at every scale, as photographs have: coarse noise with finer and fainter noise on it."""
    random = np.random.default_rng(seed)
    pixels = np.zeros((120, 160, 3))
    for side in (3, 6, 12, 24, 48, 96):
        noise = random.normal(size=(side, side + 1, 3)).astype(np.float32)
        layers = [Image.fromarray(noise[..., c]).resize((160, 120), Image.Resampling.BICUBIC) for c in range(3)]
        pixels += np.stack([np.asarray(one) for one in layers], -1) * (40 * (3 / side) ** 0.5)
    return (128 + pixels).clip(0, 255).astype(np.uint8)


def jpeg(image: Image.Image, quality: int = 75) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


CHANGES = {
    "recompressed": lambda image: jpeg(image, 15),
    "halved": lambda image: jpeg(image.resize((80, 60))),
    "stretched": lambda image: jpeg(image.resize((140, 70))),
    "cropped": lambda image: jpeg(image.crop((5, 3, 156, 116))),
    "cut": lambda image: jpeg(image.crop((12, 1, 150, 111))),
    "brighter": lambda image: jpeg(image.point(lambda v: min(255, int(v * 0.8 + 40)))),
}


@pytest.fixture(scope="module")
def scenes() -> list[np.ndarray]:
    return [scene(seed) for seed in range(COUNT)]


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_planted_images_are_found_and_no_others(scenes: list[np.ndarray], tmp_path: Path) -> None:
    half = COUNT // 2
    a = {f"{i:04}.jpg": jpeg(Image.fromarray(s), 90) for i, s in enumerate(scenes[:half])}
    b = {f"{i:04}.jpg": jpeg(Image.fromarray(s), 90) for i, s in enumerate(scenes[half:])}
    planted = {}
    for i, (name, change) in enumerate(CHANGES.items()):
        for copy in range(4):
            source = 7 * i + 3 * copy
            b[f"{name}{copy}.jpg"] = change(Image.fromarray(scenes[source]))
            planted[f"{name}{copy}.jpg"] = f"{source:04}.jpg"
    found = duplicates.overlap(write(tmp_path / "a", a), write(tmp_path / "b", b))
    assert {pair.name_b: pair.name_a for pair in found.pairs} == planted
    assert found.images == (half, half + 4 * len(CHANGES))
    assert sorted(found.keep().tolist()) == sorted(set(range(half)) - {pair.a for pair in found.pairs})
    assert [pair.correlation for pair in found.pairs] == sorted((p.correlation for p in found.pairs), reverse=True)


def test_duplicates_within_a_collection_are_listed_once(scenes: list[np.ndarray]) -> None:
    found = duplicates.overlap([scenes[0], scenes[1], scenes[0][2:, 2:], scenes[2]])
    assert [(pair.a, pair.b) for pair in found.pairs] == [(0, 2)]


def test_pictures_of_one_colour_resemble_nothing() -> None:
    plain = [np.full((40, 40, 3), level, np.uint8) for level in (0, 128, 255)]
    assert duplicates.overlap(plain).pairs == ()


def test_coarse_correlation_is_that_of_its_definition(scenes: list[np.ndarray]) -> None:
    small, _ = duplicates.thumbnails(cs.open_source(scenes[:5]))
    coarse = duplicates._coarse(small)[:, 0]
    cells = torch.nn.functional.adaptive_avg_pool2d(small.double(), 12).flatten(1).numpy()
    assert np.allclose(coarse @ coarse.T, np.corrcoef(cells), atol=1e-4)


def test_windows_are_crops(scenes: list[np.ndarray]) -> None:
    pixels = torch.from_numpy(scenes[0]).float().mean(2)[:96, :96].reshape(32, 3, 32, 3).mean((1, 3))
    found = duplicates._coarse(pixels[None].round().to(torch.uint8))[0]
    assert found.shape == (16, 144)
    sides = itertools.product((0, 1), repeat=4)
    image = Image.fromarray(pixels.round().numpy().astype(np.uint8))
    for window, (top, bottom, left, right) in zip(found, sides, strict=True):
        edge = 0.06 * 32
        box = (left * edge, top * edge, 32 - right * edge, 32 - bottom * edge)
        cut = image.resize((12, 12), Image.Resampling.BOX, box=box)
        assert np.corrcoef(window.numpy(), np.asarray(cut).ravel())[0, 1] > 0.99


@pytest.mark.parametrize("swapped", [False, True])
def test_crop_that_moves_fine_structure_is_a_candidate_either_way_round(swapped: bool) -> None:
    fine = np.random.default_rng(0).normal(size=(30, 30)).astype(np.float32)
    whole = Image.fromarray((128 + 40 * fine).clip(0, 255).astype(np.uint8)).resize(
        (240, 240), Image.Resampling.BICUBIC
    )
    images = [np.asarray(one.convert("RGB")) for one in (whole, whole.crop((16, 0, 240, 226)))]
    small, _ = duplicates.thumbnails(cs.open_source(images[::-1] if swapped else images))
    whole_only = duplicates._coarse(small)[:, 0]
    assert float(whole_only[0] @ whole_only[1]) < 0.7 < duplicates.COARSE
    pairs = duplicates._candidates(small, small, same=True, progress=lambda *_: None)
    assert pairs.tolist() == [[0, 1]]


def test_alignment_finds_a_crop(scenes: list[np.ndarray]) -> None:
    whole = Image.fromarray(scenes[3]).convert("L")
    small = torch.from_numpy(np.array(whole.resize((32, 32), Image.Resampling.BOX))).float()[None]
    part = np.array(whole.crop((8, 0, 160, 114)).resize((32, 32), Image.Resampling.BOX))
    cut = torch.from_numpy(part).float()[None]
    aligned = float(duplicates.aligned_correlation(small, cut))
    apart = float(np.corrcoef(small.flatten(), cut.flatten())[0, 1])
    assert aligned > 0.9
    assert apart < 0.9 or aligned > apart


def test_blocks_cover_every_pair_once(monkeypatch: pytest.MonkeyPatch, scenes: list[np.ndarray]) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK", 3)
    monkeypatch.setattr(duplicates, "COARSE", -1.0)
    small, _ = duplicates.thumbnails(cs.open_source(scenes[:8]))
    pairs = duplicates._candidates(small, small, same=True, progress=lambda *_: None)
    assert sorted(map(tuple, pairs.tolist())) == [(i, j) for i in range(8) for j in range(i + 1, 8)]
    pairs = duplicates._candidates(small, small[:5], same=False, progress=lambda *_: None)
    assert sorted(map(tuple, pairs.tolist())) == [(i, j) for i in range(8) for j in range(5)]


def test_list_is_saved_and_unreadable_images_are_counted(scenes: list[np.ndarray], tmp_path: Path) -> None:
    files = {"a.jpg": jpeg(Image.fromarray(scenes[0])), "b.jpg": b"no image", "c.jpg": b"no image"}
    found = duplicates.overlap(write(tmp_path / "a", files), [scenes[0]])
    assert found.unreadable == (2, 0)
    found.save(tmp_path / "list.csv")
    head, line = (tmp_path / "list.csv").read_text().splitlines()
    assert head == "a,b,correlation,name_a,name_b"
    assert line.startswith(("0,0,0.9", "0,0,1.0"))
    assert line.endswith(",a.jpg,image 0")


def test_threshold_is_a_correlation() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        duplicates.overlap([np.zeros((4, 4, 3), np.uint8)], threshold=83)


def test_a_collection_of_which_nothing_can_be_read_is_an_error(scenes: list[np.ndarray], tmp_path: Path) -> None:
    broken = write(tmp_path / "a", {"a.jpg": b"no image", "b.jpg": b"no image"})
    for pair in ((broken, None), (broken, [scenes[0]]), ([scenes[0]], broken)):
        with pytest.raises(SourceError, match=r"none of the 2 images in .* can be read: not an image"):
            duplicates.overlap(*pair)
