"""Windows of large rasters: which there are, what is in them, no data, and memory that stays flat."""

import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from convscope.data import Preprocess, batches, decode_for, load_image, open_source
from convscope.errors import ImageError, SourceError, UsageError

tifffile = pytest.importorskip("tifffile")

SCENE = np.random.default_rng(0).integers(0, 10001, (150, 210, 4), np.uint16)
RECIPE = Preprocess(64, 64, mean=(0.5,) * 4, std=(0.25,) * 4, range=(0, 10000))


@pytest.mark.parametrize("layout", ["strips", "tiles", "planar", "planar tiles", "npy", "npy first"])
def test_windows_of_every_layout_are_the_rasters_own_pixels(tmp_path: Path, layout: str) -> None:
    first = np.ascontiguousarray(SCENE.transpose(2, 0, 1))
    path = tmp_path / ("scene.npy" if "npy" in layout else "scene.tif")
    about = {"photometric": "minisblack", "compression": "zlib"}
    match layout:
        case "strips":
            tifffile.imwrite(path, SCENE, planarconfig="contig", rowsperstrip=17, **about)
        case "tiles":
            tifffile.imwrite(path, SCENE, planarconfig="contig", tile=(32, 48), **about)
        case "planar":
            tifffile.imwrite(path, first, planarconfig="separate", rowsperstrip=17, **about)
        case "planar tiles":
            tifffile.imwrite(path, first, planarconfig="separate", tile=(32, 48), **about)
        case _:
            np.save(path, first if "first" in layout else SCENE)
    source = open_source(f"tiles:{path}", tile_size=64)
    tops, lefts = [0, 64, 86], [0, 64, 128, 146]
    assert [source.name(i) for i in range(len(source))] == [f"{path.name}@{y},{x}" for y in tops for x in lefts]
    for index in range(len(source)):
        y, x = tops[index // 4], lefts[index % 4]
        expected = SCENE[y : y + 64, x : x + 64] / 10000 * 255
        np.testing.assert_allclose(load_image(source, index, RECIPE), expected, rtol=1e-5, atol=1e-3)
    assert pickle.loads(pickle.dumps(source)).fingerprint() == source.fingerprint()  # noqa: S301


def test_a_raster_smaller_than_a_window_is_one_window(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SCENE[:40, :30], planarconfig="contig", photometric="minisblack")
    source = open_source(f"tiles:{tmp_path}/a.tif", tile_size=64)
    assert (len(source), np.asarray(source.read(0).values).shape) == (1, (40, 30, 4))


def test_a_stride_of_its_own_and_a_folder(tmp_path: Path) -> None:
    for name in ("b.tif", "a.tif"):
        tifffile.imwrite(tmp_path / name, SCENE, planarconfig="contig", photometric="minisblack")
    source = open_source(f"tiles:{tmp_path}", tile_size=(64, 128), tile_stride=32)
    assert len(source) == 2 * 4 * 4
    assert (source.name(1), source.name(16)) == ("a.tif@0,32", "b.tif@0,0")
    assert "32 windows of 64x128 pixels, every 32x32 in 2 rasters" in source.describe()


def test_no_data_is_the_mean_and_a_window_without_data_is_left_out(tmp_path: Path) -> None:
    scene = SCENE[..., :1].astype(np.float32)[..., 0]
    scene[:64, :64] = -9999
    scene[70, 70] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", scene, tile=(32, 32), extratags=[(42113, "s", 0, "-9999", True)])
    one = Preprocess(64, 64, mean=(0.5,), std=(0.25,), range=(0, 10000))
    (batch,) = batches(open_source(f"tiles:{tmp_path}/a.tif", tile_size=64), one)
    (failure,) = batch.failures
    assert (failure.name, failure.reason) == ("a.tif@0,0", "the window holds no data")
    assert batch.images[batch.indices.tolist().index(5), 0, 6, 6] == 127.5


def test_twenty_thousand_pixels_square_in_flat_memory(tmp_path: Path) -> None:
    side, tile = 20_000, 512
    count = -(-side // tile)
    blank = np.zeros((tile, tile), np.uint8)
    marked = blank.copy()
    marked[100:200] = 200

    def pieces():
        for number in range(count * count):
            yield marked if number % 97 == 5 else blank

    tifffile.imwrite(
        tmp_path / "large.tif", pieces(), shape=(side, side), dtype=np.uint8, tile=(tile, tile), compression="zlib"
    )
    source = open_source(f"tiles:{tmp_path}/large.tif", tile_size=512)
    assert len(source) == count * count
    grey = Preprocess(64, 64, mean=(0.5,), std=(0.25,))
    tracemalloc.start()
    seen = [batch.images.amax().item() for batch in batches(source, grey, indices=range(160), size=16, threads=2)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert max(seen) > 150
    assert most < 128 << 20  # the raster itself is 400 MB


def test_what_the_disk_cannot_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path, *_: object) -> None:
        raise OSError(5, "Input/output error", str(path))

    (tmp_path / "a.tif").write_bytes(b"II*\0")
    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(SourceError, match="cannot be read: Input/output error"):
        open_source(f"tiles:{tmp_path / 'a.tif'}")


def test_what_is_no_raster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(SourceError, match=r"neither a TIFF nor an \.npy file"):
        open_source(f"tiles:{tmp_path}/a.txt")
    with pytest.raises(SourceError, match="no TIFF and no"):
        open_source(f"tiles:{tmp_path}")
    with pytest.raises(SourceError, match="no such file"):
        open_source(f"tiles:{tmp_path}/b.tif")
    (tmp_path / "c.tif").write_bytes(b"II*\0" + bytes(40))
    with pytest.raises(SourceError):
        open_source(f"tiles:{tmp_path}/c.tif")
    with pytest.raises(UsageError, match="tile_size=0"):
        open_source(f"tiles:{tmp_path}/c.tif", tile_size=0)
    with pytest.raises(UsageError, match="are for large rasters"):
        open_source("samples:", tile_size=64)


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000"])
def test_slides_are_read_by_their_compressed_tiles(tmp_path: Path, compression: str) -> None:
    pytest.importorskip("imagecodecs")
    smooth = np.add.outer(np.arange(150), np.arange(210))[..., None] * np.array([0.6, 0.4, 0.5])
    slide = smooth.astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.svs", slide, tile=(64, 64), photometric="rgb", compression=compression)
    source = open_source(f"tiles:{tmp_path}", tile_size=96)
    assert source.name(3) == "a.svs@54,0"
    for index, (y, x) in enumerate([(0, 0), (0, 96), (0, 114), (54, 0)]):
        found = load_image(source, index, Preprocess(96, 96)).astype(int)
        assert np.abs(found - slide[y : y + 96, x : x + 96]).mean() < 3


def test_a_header_that_says_more_than_anybody_has_is_refused_at_once(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SCENE[..., 0], photometric="minisblack")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        tags = [file.pages[0].tags[name] for name in ("ImageWidth", "ImageLength")]
    for tag in tags:
        # A SHORT becomes a LONG of two billion.
        data[tag.offset + 2 : tag.offset + 4] = (4).to_bytes(2, "little")
        data[tag.offset + 8 : tag.offset + 12] = (2**31 - 1).to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(SourceError, match=r"windows, more than 10000000.*tile_stride="):
        open_source(f"tiles:{tmp_path}/a.tif", tile_size=64)
    with pytest.raises(ImageError, match="more than the limit"):
        decode_for(bytes(data), Preprocess(8, 8, mean=(0.5,), std=(0.25,), range=(0, 10000)))


@pytest.mark.parametrize("seed", range(4))
def test_damage_is_an_error_of_the_file_or_of_a_window(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    tifffile.imwrite(tmp_path / "a.tif", SCENE, planarconfig="contig", tile=(32, 32), compression="zlib")
    whole = (tmp_path / "a.tif").read_bytes()
    for _ in range(60):
        data = np.frombuffer(whole, np.uint8).copy()
        most = int(draw.choice([64, 600, len(data)]))
        places = draw.integers(0, most, 3)
        data[places] = draw.integers(0, 256, 3)
        (tmp_path / "b.tif").write_bytes(data.tobytes())
        try:
            source = open_source(f"tiles:{tmp_path}/b.tif", tile_size=64)
            for index in range(min(3, len(source))):
                source.read(index)
        except (SourceError, ImageError):
            continue


def test_windows_of_too_many_channels_are_refused_before_there_is_room(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    place, values = tmp_path / "a.tif", np.zeros((8, 8, 500), np.uint16)
    tifffile.imwrite(place, values, planarconfig="contig", photometric="minisblack", rowsperstrip=1)
    assert open_source(f"tiles:{place}", tile_size=8, max_pixels=32_000).read(0).values.shape == (8, 8, 500)
    with pytest.raises(ImageError, match="a window of 500 channels takes 64000 bytes"):
        open_source(f"tiles:{place}", tile_size=8, max_pixels=3_999).read(0)
