"""Sealed files: what was written comes back, always in the same bytes, and nothing else does."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from convscope.stores.sealing import seal, unseal
from tests.mutations import mutate

ARRAYS = {"b": np.arange(6, dtype=np.int64).reshape(2, 3), "a": np.float32([[0.5], [np.nan]]), "none": np.zeros((0, 2))}
SAID = {"count": 3, "names": ["a", "ü", "\udcff"], "none": None}


def test_arrays_and_what_is_said_come_back() -> None:
    arrays, said = unseal(seal(ARRAYS, SAID))
    assert said == SAID
    assert arrays.keys() == ARRAYS.keys()
    assert all(np.array_equal(arrays[name], ARRAYS[name], equal_nan=True) for name in ARRAYS)
    assert all(arrays[name].dtype == ARRAYS[name].dtype for name in ARRAYS)


def test_bytes_are_always_the_same() -> None:
    assert len({seal(ARRAYS, SAID) for _ in range(20)} | {seal(dict(reversed(ARRAYS.items())), SAID)}) == 1


def test_others_read_the_arrays_too(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(seal(ARRAYS, SAID))
    assert np.array_equal(load_file(tmp_path / "a.safetensors")["b"], ARRAYS["b"])


@pytest.mark.parametrize("seed", range(100))
def test_no_mutation_is_believed(tmp_path: Path, seed: int) -> None:
    (tmp_path / "a.safetensors").write_bytes(seal(ARRAYS, SAID))
    done = mutate(tmp_path, seed)
    content = (tmp_path / "a.safetensors").read_bytes() if any(tmp_path.iterdir()) else b""
    try:
        arrays, said = unseal(content)
    except ValueError:
        return
    assert said == SAID, done
    assert all(np.array_equal(arrays[name], ARRAYS[name], equal_nan=True) for name in ARRAYS), done


@pytest.mark.parametrize("said", ["[]", "{}", '{"said": 3}', "[" * 100_000, "no JSON"])
def test_what_is_not_sealed_is_named(said: str) -> None:
    with pytest.raises(ValueError, match=r"does not say what it is|too deeply|Expecting value"):
        unseal(save(ARRAYS, {"convscope": said}))
