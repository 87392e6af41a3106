"""What units take from single images: the projections themselves, how many there are, and that a repeat is the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.atlas import Atlas, build_atlas
from convscope.atlas.content import portray, window
from convscope.atlas.render import TileSize, enlarge
from convscope.atlas.sprites import SpriteGrid, decode_picture
from convscope.atlas.taken import in_spread_order
from convscope.atlas.web import read_script
from convscope.data import Source, load_image
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.inputs import preprocess_of
from tests.atlas.conftest import LAYERS, tree


def script_of(atlas: Atlas, address: str) -> Any:
    return read_script(atlas.path / "data" / f"{address}.js")


def make(net: Network, source: Source, folder: Path, **more: Any) -> Atlas:
    return build_atlas(net, source, folder, layers=LAYERS, k=4, tuning=False, **more)


def test_each_is_the_projection_of_a_unit_on_that_image(net: Network, source: Source, atlas: Atlas) -> None:
    """One projection at a time, of float64, beside what the atlas keeps of all of them."""
    grids = [SpriteGrid.from_json(grid) for grid in script_of(atlas, "taken/index")["grids"]]
    strong = script_of(atlas, "profiles/0")["images"]
    preprocess = preprocess_of(net, source)
    images = script_of(atlas, "taken/index")["images"]
    for image in (images[0], images[len(images) // 2], images[-1]):
        picture = decode_picture((atlas.path / f"pictures/images/0/taken-{image}.webp").read_bytes())
        told = script_of(atlas, f"taken/{image}")
        photo = torch.from_numpy(load_image(source, image, preprocess)).permute(2, 0, 1)[None]
        pixels = preprocess.normalise(photo)
        for at, (layer, grid) in enumerate(zip(atlas.layers, grids, strict=True)):
            assert len(told["layers"][at]) == len(strong[str(image)]["layers"][at]) > 0
            pairs = zip(strong[str(image)]["layers"][at], told["layers"][at], strict=True)
            for place, ((channel, value, _, y, x), (*part, scale)) in enumerate(pairs):
                at_place = f"@{y},{x}" if layer.layer.spatial else ""
                found = cs.deconv(net, pixels, f"{layer.name}:{channel}{at_place}").found
                assert float(found.values[0]) == pytest.approx(value, rel=1e-4)
                top, left = found.boxes[0, :2].tolist()
                assert part == np.add(window(found.pixels[0].numpy()), [top, left, top, left]).tolist()
                size = TileSize.of(found.pixels.shape[2:], 64)
                (shown,) = portray(found.pixels, size.shape)
                assert scale == pytest.approx(shown.part_scale, rel=1e-3)
                row, column = grid.corner(0, at * grid.columns + place)
                cell = picture[row : row + grid.height, column : column + grid.width]
                assert (
                    np.abs(cell.astype(int) - enlarge(shown.part, size.enlarge)).mean() < 12
                )  # WebP, of noise in full colours


def test_bytes_end_them_and_all_collections_are_spread_over(net: Network, source: Source, tmp_path: Path) -> None:
    whole = make(net, source, tmp_path / "whole")
    images = script_of(whole, "taken/index")["images"]
    assert images == script_of(whole, "profiles/index")["images"]
    files = {
        image: sum(p.stat().st_size for p in (whole.path / f"pictures/images/0/taken-{image}.webp",
                                              whole.path / f"data/taken/{image}.js"))
        for image in images
    }  # fmt: skip
    assert whole.manifest["taken"] == {"budget": 2_000_000, "bytes": sum(files.values()), "images": len(images)}
    order = in_spread_order(images)
    allowed = sum(files[image] for image in order[:5]) + 1
    part = make(net, source, tmp_path / "part", image_bytes=allowed, workers=1)
    assert script_of(part, "taken/index")["images"] == sorted(order[:5])
    assert part.manifest["taken"] == {"budget": allowed, "bytes": allowed - 1, "images": 5}
    assert len(list((part.path / "pictures/images/0").glob("taken-*"))) == 5
    for image in order[:5]:  # however many there are, and whoever made them
        path = f"pictures/images/0/taken-{image}.webp"
        assert (part.path / path).read_bytes() == (whole.path / path).read_bytes()


def test_no_bytes_and_no_whole_images_are_none(net: Network, source: Source, tmp_path: Path) -> None:
    for name, more in (("bytes", {"image_bytes": 0}), ("images", {"thumb": 0})):
        made = make(net, source, tmp_path / name, **more)
        assert "taken" not in made.manifest
        assert "taken" not in made.manifest["paths"]
        assert not [path for path in tree(made.path) if "taken" in path]
    with pytest.raises(UsageError, match="image_bytes=-1: give 0 or more"):
        make(net, source, tmp_path / "less", image_bytes=-1)


def test_every_beginning_is_spread() -> None:
    order = in_spread_order(range(100, 1100))
    assert sorted(order) == list(range(100, 1100))
    for count in (4, 10, 100):
        gaps = np.diff(np.sort(order[:count]))
        assert gaps.max() <= 2 * 1024 / count
