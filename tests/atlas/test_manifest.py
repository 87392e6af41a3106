"""What a folder is taken for."""

import json
from pathlib import Path

import pytest

from convscope.atlas import Atlas, AtlasOptions
from convscope.atlas.manifest import layer_from_json, layer_json, now
from convscope.errors import StoreError, UsageError
from convscope.graph import Network


def test_there_is_no_atlas_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no atlas: there is no manifest"):
        Atlas.open(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "tar"}', "\x00"])
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"manifest\.json (cannot be read|does not describe an atlas)"):
        Atlas.open(tmp_path)


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    newer = {"format": "convscope-atlas", "schema": 2, "versions": {"convscope": "9.0"}}
    (tmp_path / "manifest.json").write_text(json.dumps(newer))
    with pytest.raises(StoreError, match=r"schema 2, and convscope [\d.]+ reads schema 1: use .* \(9\.0\)"):
        Atlas.open(tmp_path)


def test_an_unfinished_atlas_does_not_open(tmp_path: Path) -> None:
    begun = {"format": "convscope-atlas", "schema": 1, "complete": False}
    (tmp_path / "manifest.json").write_text(json.dumps(begun))
    with pytest.raises(StoreError, match="not finished: run the command that made it again"):
        Atlas.open(tmp_path)


def test_layers_survive_json(net: Network) -> None:
    for layer in net.layers:
        assert layer_from_json(json.loads(json.dumps(layer_json(layer)))) == layer


def test_the_manifest_says_what_it_was_made_from(net: Network, atlas: Atlas) -> None:
    found = atlas.manifest
    assert found["model"]["fingerprint"] == net.fingerprint
    assert found["model"]["output"] == "fc"
    assert found["model"]["meaning"] == ("10 outputs: taken as logits of classes that exclude each other (softmax)")
    assert found["data"]["count"] == 15
    assert found["data"]["classes"] == 3
    assert found["units"] == 16 + 32 + 10
    assert found["created"] == "2023-11-14T22:13:20Z"
    assert {"convscope", "torch", "numpy", "pillow"} <= set(found["versions"])
    assert found["layers"][1]["field"]["size"] == [25, 25]
    assert found["layers"][2]["field"] is None


def test_the_time_is_now_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert now() > "2024"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert now() == "1970-01-01T00:00:00Z"


def test_rules_are_checked_with_the_other_options() -> None:
    with pytest.raises(UsageError, match="overlap='mean'"):
        AtlasOptions(("fc",), overlap="mean")  # type: ignore[arg-type]
