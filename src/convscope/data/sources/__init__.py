"""Image collections of every kind, behind one protocol."""

from convscope.data.sources.anonymous import Anonymous, anonymous
from convscope.data.sources.arrays import ArraySource, open_arrays
from convscope.data.sources.base import Images, Source
from convscope.data.sources.dataset import DatasetSource, wrap_dataset
from convscope.data.sources.files import FileSource, open_files, open_folder, open_list
from convscope.data.sources.hub import HubSource, open_hub, wrap_hub
from convscope.data.sources.opening import Naming, open_source
from convscope.data.sources.pack import PackSource, open_pack
from convscope.data.sources.parquet import ParquetSource, open_parquet
from convscope.data.sources.samples import CREDITS, SampleSource, open_samples
from convscope.data.sources.select import Subset, limit, subset
from convscope.data.sources.tar import TarSource, open_tar
from convscope.data.sources.tiles import TileSource, open_tiles

__all__ = [
    "Source",
    "Images",
    "open_source",
    "Naming",
    # by kind
    "open_folder",
    "open_list",
    "open_files",
    "open_tar",
    "open_pack",
    "open_arrays",
    "open_tiles",
    "open_parquet",
    "open_hub",
    "wrap_hub",
    "wrap_dataset",
    "open_samples",
    "FileSource",
    "TarSource",
    "PackSource",
    "ArraySource",
    "TileSource",
    "ParquetSource",
    "HubSource",
    "DatasetSource",
    "SampleSource",
    "CREDITS",
    # parts
    "Subset",
    "Anonymous",
    "anonymous",
    "subset",
    "limit",
]
