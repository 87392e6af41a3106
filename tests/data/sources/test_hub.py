"""Datasets of the Hugging Face library, built in memory and saved to folders: nothing here uses the network."""

import io
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.data import decode, open_source
from convscope.data.sources import hub
from convscope.data.sources.hub import wrap_hub
from convscope.errors import ImageError, MissingExtra, SourceError
from tests.data.making import encoded


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    return pytest.importorskip("datasets")


def picture(level: int) -> bytes:
    return encoded(np.full((4, 4, 3), level, np.uint8), "PNG")


def build(datasets: Any, levels: list[int], *, names: tuple[str, ...] = ("cat", "dog"), column: str = "image") -> Any:
    features = datasets.Features({column: datasets.Image(), "label": datasets.ClassLabel(names=list(names))})
    rows = {column: [{"bytes": picture(level), "path": None} for level in levels], "label": [v % 2 for v in levels]}
    return datasets.Dataset.from_dict(rows, features=features)


def facts(source: Any) -> list[tuple[str, int, int]]:
    return [(source.name(i), source.label(i), int(decode(source.read(i))[0, 0, 0])) for i in range(len(source))]


def test_images_and_class_names(datasets: Any) -> None:
    source = open_source(build(datasets, [4, 5, 7]))
    assert source.kind == "hf"
    assert facts(source) == [("0", 0, 4), ("1", 1, 5), ("2", 1, 7)]
    assert source.classes == ("cat", "dog")
    assert isinstance(source.read(0), bytes)
    assert "column 'image'" in source.describe()


@pytest.mark.parametrize("form", ["numpy", "torch", "arrow"])
def test_formats_and_selections_of_the_user_do_not_matter(datasets: Any, form: str) -> None:
    dataset = build(datasets, [4, 5, 7, 8]).with_format(form).select([3, 0, 1])
    assert facts(wrap_hub(dataset)) == [("0", 0, 8), ("1", 0, 4), ("2", 1, 5)]


def test_labels_without_names(datasets: Any) -> None:
    rows = {"picture": [Image.new("RGB", (2, 2), (9, 9, 9))] * 2, "label": ["dog", "cat"]}
    features = datasets.Features({"picture": datasets.Image(), "label": datasets.Value("string")})
    source = wrap_hub(datasets.Dataset.from_dict(rows, features=features))
    assert facts(source) == [("0", 1, 9), ("1", 0, 9)]
    assert source.classes == ("cat", "dog")
    bare = wrap_hub(datasets.Dataset.from_dict(rows, features=features).remove_columns("label"))
    assert (bare.label(0), bare.classes) == (-1, ())


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("float64", [3.0, 4.0, None], [3, 4, -1]),
        ("float32", [0.5, 1.0, 2.0], [-1, -1, -1]),
        ("bool", [True, False, None], [1, 0, -1]),
        ("int8", [2, 0, 1], [2, 0, 1]),
    ],
)
@pytest.mark.parametrize("column", ["label", "Target"])
def test_labels_of_whole_numbers_in_any_type(
    datasets: Any, kind: str, cells: list[Any], expected: list[int], column: str
) -> None:
    rows = {"image": [Image.new("RGB", (2, 2))] * 3, column: cells}
    features = datasets.Features({"image": datasets.Image(), column: datasets.Value(kind)})
    source = wrap_hub(datasets.Dataset.from_dict(rows, features=features))
    assert [source.label(index) for index in range(3)] == expected


def test_images_named_by_path(datasets: Any, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture(8))
    dataset = datasets.Dataset.from_dict({"image": [str(tmp_path / "x.png"), str(tmp_path / "gone.png")]})
    source = wrap_hub(dataset.cast_column("image", datasets.Image()))
    assert decode(source.read(0))[0, 0, 0] == 8
    assert len(source.fingerprint()) == 64
    with pytest.raises(ImageError, match="names a file that cannot be read"):
        source.read(1)


def test_saved_to_a_folder(datasets: Any, tmp_path: Path) -> None:
    build(datasets, [4, 5]).save_to_disk(tmp_path / "plain")
    splits = datasets.DatasetDict({"train": build(datasets, [4, 5]), "test": build(datasets, [6])})
    splits.save_to_disk(tmp_path / "split")
    assert len(open_source(f"hf:{tmp_path / 'plain'}")) == 2
    assert facts(open_source(f"hf:{tmp_path / 'split'}:test")) == [("0", 0, 6)]
    with pytest.raises(SourceError, match=r"has several splits \(splits: train, test\): say hf:"):
        open_source(f"hf:{tmp_path / 'split'}")
    with pytest.raises(SourceError, match=r"no split 'tset' in .*; did you mean 'test'"):
        open_source(f"hf:{tmp_path / 'split'}:tset")


def test_from_the_hub(datasets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple] = []

    def load(name: str, configuration: str | None, *, split: str) -> Any:
        asked.append((name, configuration, split))
        return build(datasets, [4])

    monkeypatch.setattr(datasets, "get_dataset_split_names", lambda name, configuration: ["train", "test"])
    monkeypatch.setattr(datasets, "load_dataset", load)
    open_source("hf:user/name@small:test")
    open_source("hf:user/name:train[:100]")
    assert asked == [("user/name", "small", "test"), ("user/name", None, "train[:100]")]
    with pytest.raises(SourceError, match="user/name has several splits"):
        open_source("hf:user/name")
    assert len(asked) == 2
    monkeypatch.setattr(datasets, "get_dataset_split_names", lambda name, configuration: ["all"])
    open_source("hf:user/name")
    assert asked[-1] == ("user/name", None, "all")


def test_what_cannot_be_loaded(datasets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise datasets.exceptions.DatasetNotFoundError("Dataset 'user/nmae' doesn't exist on the Hub")

    monkeypatch.setattr(datasets, "get_dataset_split_names", fail)
    with pytest.raises(SourceError, match=r"'user/nmae' cannot be loaded: .* doesn't exist on the Hub"):
        open_source("hf:user/nmae")
    with pytest.raises(SourceError, match="':test' names no dataset"):
        open_source("hf::test")


def test_other_kinds_of_dataset(datasets: Any) -> None:
    dataset = build(datasets, [4])
    with pytest.raises(SourceError, match="splits train: give one"):
        wrap_hub(datasets.DatasetDict({"train": dataset}))
    with pytest.raises(SourceError, match="without streaming"):
        open_source(dataset.to_iterable_dataset())
    with pytest.raises(SourceError, match="no column holds images"):
        wrap_hub(datasets.Dataset.from_dict({"text": ["a"]}))
    with pytest.raises(SourceError, match="has no row"):
        wrap_hub(dataset.select([]))


def test_fingerprint(datasets: Any) -> None:
    one = wrap_hub(build(datasets, [4, 5]), title="x").fingerprint()
    assert wrap_hub(build(datasets, [4, 5]), title="y").fingerprint() == one
    assert wrap_hub(build(datasets, [5, 4])).fingerprint() != one
    assert wrap_hub(build(datasets, [4, 5], names=("a", "b"))).fingerprint() != one
    stream = io.BytesIO()
    Image.new("RGB", (40, 40)).save(stream, "PNG")
    other = build(datasets, [4, 5]).map(
        lambda row, number: {"image": {"bytes": stream.getvalue(), "path": None}} if number == 0 else row,
        with_indices=True,
    )
    assert wrap_hub(other).fingerprint() != one


def test_source_travels_to_other_processes(datasets: Any) -> None:
    source = wrap_hub(build(datasets, [4, 5]))
    assert facts(pickle.loads(pickle.dumps(source))) == facts(source)  # noqa: S301


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"install 'convscope\[hf\]'"):
        open_source("hf:mnist")


def test_a_script_of_a_dataset_is_not_run(datasets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question="": "y")
    folder, mark = tmp_path / "photos", tmp_path / "mark"
    folder.mkdir()
    (folder / "photos.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    with pytest.raises(SourceError, match="cannot be loaded: Dataset scripts are no longer supported"):
        open_source(f"hf:{folder}")
    assert not mark.exists()


def test_older_releases_are_told_not_to_run_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before 4.0, whose functions ask unless they are told."""
    told: list[bool | None] = []

    def load_dataset_builder(path: str, trust_remote_code: bool | None = None) -> None:
        raise AssertionError

    def answer(*args: object, trust_remote_code: bool | None = None, **kwargs: object) -> list[str]:
        told.append(trust_remote_code)
        return ["train"]

    old = SimpleNamespace(
        load_dataset_builder=load_dataset_builder, get_dataset_split_names=answer, load_dataset=answer
    )
    assert hub._load(old, "somebody/photos", None, "") == ["train"]
    assert told == [False, False]
