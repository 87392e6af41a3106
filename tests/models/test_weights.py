"""Reading weights: every format, every wrapper, and nothing that runs code."""

import os
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from convscope.errors import StoreError, UsageError, WeightsError
from convscope.models import weights
from convscope.models.architecture import ZFNET
from convscope.models.loading import load
from convscope.models.networks import build
from convscope.models.tiny import TinyNet, random_tiny
from convscope.models.weights import Weights, fit, flip_input_channels, load_into, read_weights, save_weights
from tests.mutations import mutate


class Trap:
    """Unpickling this writes a file: proof that something ran."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.proof),)


def state() -> dict[str, torch.Tensor]:
    return random_tiny(seed=3).state_dict()


def same(found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)


# -- formats ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".npz", ".PTH"])
def test_every_format_gives_the_same_tensors(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    if suffix == ".safetensors":
        save_file(state(), path)
    elif suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in state().items()})
    else:
        torch.save(state(), path)
    found = read_weights(path)
    assert same(found.state, state())
    assert found.source == str(path)
    assert found.metadata == {}


def test_old_format_of_torch_is_read(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert same(read_weights(tmp_path / "old.pth").state, state())


def test_pickled_arrays_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({name: tensor.numpy() for name, tensor in state().items()}))
    assert same(read_weights(str(tmp_path / "a.pkl")).state, state())


def test_metadata_comes_back(tmp_path: Path) -> None:
    note = {"classes": ["cat", "dög"], "architecture": {"name": "x", "norm": None}, "accuracy": 0.5}
    save_weights(tmp_path / "a.safetensors", state(), note)
    assert read_weights(tmp_path / "a.safetensors").metadata == note


def test_shared_and_strided_tensors_can_be_saved(tmp_path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    save_weights(tmp_path / "a.safetensors", {"a": base.T, "b": base.T})
    assert torch.equal(read_weights(tmp_path / "a.safetensors").state["b"], base.T)


@pytest.mark.parametrize("seed", range(60))
def test_weights_of_ours_that_were_damaged_are_not_read(tmp_path: Path, seed: int) -> None:
    note = {"classes": ["a", "b"], "preprocess": {"mean": [0.5, 0.25, 0.125]}}
    save_weights(tmp_path / "a.safetensors", state(), note)
    done = mutate(tmp_path, seed)
    try:
        found = read_weights(tmp_path / "a.safetensors")
    except WeightsError as error:
        assert "a.safetensors" in str(error)  # noqa: PT017 either outcome is right
        return
    assert same(found.state, state()), done
    assert found.metadata == note, done


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_weights_of_every_type_have_a_checksum(tmp_path: Path, dtype: torch.dtype) -> None:
    kept = {"a": torch.tensor([[1.0, 0.0]]).to(dtype), "scalar": torch.tensor(1.0).to(dtype)}
    save_weights(tmp_path / "a.safetensors", {**kept, "none": torch.zeros(0, 3, dtype=dtype)})
    found = read_weights(tmp_path / "a.safetensors")
    assert same({name: found.state[name] for name in kept}, kept)
    assert found.metadata == {}


@pytest.mark.parametrize("said", ["[1, 2]", '"text"', "[" * 100_000, "no JSON"])
def test_metadata_that_is_no_object_is_named(tmp_path: Path, said: str) -> None:
    save_file(state(), str(tmp_path / "a.safetensors"), metadata={"convscope": said})
    with pytest.raises(WeightsError, match=r"cannot read .*a\.safetensors"):
        read_weights(tmp_path / "a.safetensors")


def test_what_cannot_be_written_is_no_fault_of_the_weights(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*a\.safetensors: .*: choose a folder that can be written to"):
        save_weights(tmp_path / "file" / "a.safetensors", state())


def test_a_full_disk_leaves_the_old_file_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "a.safetensors"
    save_weights(path, state())
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(weights, "save_file", full)
    with pytest.raises(StoreError, match="the disk is full: free some space"):
        save_weights(path, state())
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize("wrap", ["state_dict", "model_state_dict", "model", "net", "weights"])
def test_wrappers_of_training_programs_are_opened(tmp_path: Path, wrap: str) -> None:
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, wrap: state()}, tmp_path / "a.pth")
    assert same(read_weights(tmp_path / "a.pth").state, state())


def test_wrappers_in_wrappers_are_opened(tmp_path: Path) -> None:
    torch.save({"model": {"state_dict": state(), "step": 1}}, tmp_path / "a.pth")
    assert same(read_weights(tmp_path / "a.pth").state, state())


# -- refusals ---------------------------------------------------------------------------------------------------------
def test_missing_file_and_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"'.*gone.pth' does not exist: give a file ending in \.safetensors"):
        read_weights(tmp_path / "gone.pth")
    with pytest.raises(WeightsError, match="is a folder"):
        read_weights(tmp_path)
    (tmp_path / "linked.pth").symlink_to("moved.pth")
    with pytest.raises(WeightsError, match=r"linked\.pth' is a link to 'moved\.pth', where there is nothing"):
        read_weights(tmp_path / "linked.pth")


def test_unknown_content_names_the_known_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"x")
    with pytest.raises(
        WeightsError, match=r"no weights of a kind that is known .*begins with b'x'.*\.safetensors.*\.npz"
    ):
        read_weights(tmp_path / "a.h5")


@pytest.mark.parametrize("suffix", [".pth", ".pkl", ".npz"])
def test_nothing_in_a_file_is_executed(tmp_path: Path, suffix: str) -> None:
    proof, path = tmp_path / "it-ran", tmp_path / f"trap{suffix}"
    bad = {"conv1.weight": Trap(proof)}
    if suffix == ".pth":
        torch.save(bad, path)
    elif suffix == ".pkl":
        path.write_bytes(pickle.dumps(bad))
    else:
        np.savez(path, w=np.array([Trap(proof)], dtype=object))
    with pytest.raises(WeightsError):
        read_weights(path)
    assert not proof.exists()
    pickle.loads(pickle.dumps(Trap(proof)))  # noqa: S301 (the trap does work where pickles are trusted)
    assert proof.exists()


def test_whole_pickled_model_is_refused_with_advice(tmp_path: Path) -> None:
    torch.save(random_tiny(), tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=r"more than tensors: a whole module .*TinyNet.*state_dict\(\) alone"):
        read_weights(tmp_path / "model.pth")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".npz", ".pkl"])
@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 half a zip"])
def test_damaged_files_are_one_clear_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f"'{path}'"):
        read_weights(path)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".npz"])
def test_truncated_files_are_one_clear_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"half{suffix}"
    if suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in state().items()})
    elif suffix == ".pth":
        torch.save(state(), path)
    else:
        save_file(state(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(WeightsError, match="cannot read"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"epoch": 3, "optimizer": {}, "loss": 0.1, "args": {}}, "keys epoch, optimizer, loss, and 1 more"),
        ([torch.zeros(1)], "a list of 1"),
        ({}, "nothing at all"),
        (torch.zeros(2), "a tensor"),
    ],
)
def test_files_without_a_state_dict_say_what_is_in_them(tmp_path: Path, content: Any, found: str) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=f"no state dict of tensors but {found}"):
        read_weights(tmp_path / "a.pth")


# -- fitting ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "net.", "module._orig_mod.model.", "any.other."])
def test_prefixes_of_wrappers_are_removed(prefix: str) -> None:
    wrapped = {prefix + name: tensor for name, tensor in state().items()}
    fitted, _ = fit(Weights(wrapped, "x"), TinyNet())
    assert same(fitted, state())


def test_prefix_that_the_model_has_itself_is_kept() -> None:
    net = nn.ModuleDict({"model": nn.Linear(2, 2)})
    fitted, taken = fit(Weights(net.state_dict(), "x"), net)
    assert set(fitted) == {"model.weight", "model.bias"}
    assert taken.key == ""


def test_load_into_gives_all_values_in_the_models_dtype() -> None:
    half = {name: t.half() if t.is_floating_point() else t for name, t in state().items()}
    net = TinyNet()
    load_into(net, Weights(half, "half.pth"))
    assert net.conv1.weight.dtype == torch.float32
    assert torch.equal(net.conv1.weight, half["conv1.weight"].float())


def test_load_into_gives_memory_to_empty_networks() -> None:
    small = ZFNET.scaled(width=1 / 32, outputs=3)
    source, target = build(small, seed=1), build(small, init="empty")
    load_into(target, Weights(source.state_dict(), "x"))
    assert all(torch.equal(a, b) for a, b in zip(source.parameters(), target.parameters(), strict=True))
    assert all(p.requires_grad for p in target.parameters())


def test_counters_of_batch_norm_may_be_missing() -> None:
    old = {name: tensor for name, tensor in state().items() if not name.endswith("num_batches_tracked")}
    fitted, _ = fit(Weights(old, "x"), TinyNet())
    assert fitted["bn1.num_batches_tracked"].item() == 0
    assert fitted["bn1.num_batches_tracked"].dtype == torch.int64


def test_misfits_are_named_with_counts_and_shapes() -> None:
    bad = state()
    for name in ("conv1.weight", "fc.weight", "fc.bias", "bn1.weight"):
        del bad[name]
    bad["head.weight"] = torch.zeros(2)
    bad["block1.conv1.weight"] = torch.zeros(16, 16, 5, 5)
    net = random_tiny(seed=0)
    before = net.state_dict()["block1.conv2.weight"].clone()
    with pytest.raises(WeightsError) as caught:
        load_into(net, Weights(bad, "other.pth"))
    assert str(caught.value) == (
        "the weights of other.pth do not fit the model: 4 missing (conv1.weight, bn1.weight, fc.weight, and 1 more); "
        "1 that the model does not have (head.weight); 1 of another shape (block1.conv1.weight 16x16x5x5 where the "
        "model has 16x16x3x3); check that the file was made for this architecture"
    )
    assert torch.equal(net.block1.conv2.weight, before)


def test_other_number_of_classes_is_advised() -> None:
    with pytest.raises(WeightsError, match=r"fc.weight 3x32 where the model has 10x32.*classes="):
        load_into(TinyNet(), Weights(TinyNet(outputs=3).state_dict(), "three.pth"))


def test_channel_order_is_turned_round() -> None:
    weights = OrderedDict(
        norm=torch.arange(3.0), conv=torch.arange(24.0).reshape(2, 3, 2, 2), deep=torch.ones(1, 2, 1, 1)
    )
    flipped = flip_input_channels(weights)
    assert torch.equal(flipped["conv"][:, 0], weights["conv"][:, 2])
    assert torch.equal(flipped["conv"][:, 1], weights["conv"][:, 1])
    assert flipped["norm"] is weights["norm"]
    assert flipped["deep"] is weights["deep"]
    bgr, rgb = torch.randn(1, 3, 4, 4), None
    rgb = bgr.flip(1)
    conv = nn.functional.conv2d
    assert torch.allclose(conv(rgb, flipped["conv"]), conv(bgr, weights["conv"]), atol=1e-4)


def test_channel_order_needs_colours() -> None:
    with pytest.raises(WeightsError, match="conv 2x1x2x2, does not read 3 colour channels"):
        flip_input_channels({"conv": torch.zeros(2, 1, 2, 2)})
    with pytest.raises(WeightsError, match="no convolution"):
        flip_input_channels({"fc": torch.zeros(2, 3)})


# -- files that are out of proportion ---------------------------------------------------------------------------------
@pytest.mark.parametrize("note", ["[1, 2]", "3", "null", '"text"', "[" * 100_000, "{", "9" * 5000])
def test_metadata_that_is_no_object_is_refused(tmp_path: Path, note: str) -> None:
    path = tmp_path / "a.safetensors"
    save_file(state(), path, metadata={"convscope": note})
    with pytest.raises(WeightsError, match=r"cannot read .*as safetensors"):
        read_weights(path)


@pytest.mark.parametrize(
    "metadata",
    [
        {"classes": {"a": 1}},
        {"classes": "abc"},
        {"preprocess": [224, 224]},
        {"preprocess": {"height": "tall", "width": 3}},
        {"preprocess": {"height": 10**12, "width": 10**12}},
        {"preprocess": {"height": 8, "width": 8, "mean": "grey"}},
        {"preprocess": {"height": 8, "width": 8, "std": [float("inf")] * 3}},
        {"preprocess": {"height": 8, "width": 8, "resize": "ab"}},
    ],
)
def test_metadata_that_makes_no_sense_is_refused(tmp_path: Path, metadata: dict[str, Any]) -> None:
    save_weights(tmp_path / "a.safetensors", random_tiny().state_dict(), metadata)
    with pytest.raises(WeightsError, match=r"a\.safetensors'"):
        load("zoo:tiny", weights=tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "change",
    [{"convs": [{"number": 1, "maps": 10**12, "kernel": 3}]}, {"outputs": "ten"}, {"norm": 3}, {"convs": 3}, {"x": 1}],
)
def test_architectures_that_make_no_sense_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    described = {**ZFNET.scaled(input_size=64, outputs=2).to_json(), **change}
    save_weights(tmp_path / "a.safetensors", state(), {"architecture": described})
    with pytest.raises(UsageError, match="architecture"):
        load(f"file:{tmp_path / 'a.safetensors'}")


def test_a_dictionary_that_holds_itself_is_no_hang(tmp_path: Path) -> None:
    ring: dict[str, Any] = {}
    ring["state_dict"] = ring
    torch.save(ring, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="no state dict of tensors but keys state_dict"):
        read_weights(tmp_path / "a.pth")


def test_a_checkpoint_that_inflates_is_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1_000_000)}, tmp_path / "a.pth")
    with (
        zipfile.ZipFile(tmp_path / "a.pth") as plain,
        zipfile.ZipFile(tmp_path / "b.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for member in plain.infolist():
            packed.writestr(member.filename, plain.read(member))
    assert (tmp_path / "b.pth").stat().st_size < 20_000
    with pytest.raises(WeightsError, match=r"compressed, which torch\.save never does"):
        read_weights(tmp_path / "b.pth")


def test_tensors_that_repeat_few_numbers_without_end_are_refused(tmp_path: Path) -> None:
    wide = torch.zeros(1).expand(64, 3, 100_000, 1_000)
    torch.save({"conv.weight": wide}, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth").state
    with pytest.raises(WeightsError, match=r"conv\.weight repeats a few numbers to 76800000000 bytes"):
        found["conv.weight"]
    torch.save({"ids": torch.arange(4).expand(1, -1)}, tmp_path / "b.pth")
    assert read_weights(tmp_path / "b.pth").state["ids"].shape == (1, 4)


def test_tensors_without_names_are_refused(tmp_path: Path) -> None:
    torch.save({3: torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="no state dict of tensors but keys 3"):
        read_weights(tmp_path / "a.pth")


@pytest.mark.parametrize("name", ["x" * 300 + ".pth", "zero\0byte.pth", "~nobody-of-this-name/a.pth", "a/" * 3000])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        read_weights(name)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pth")
    (tmp_path / "b.npz").symlink_to("/dev/zero")
    for name in ("a.pth", "b.npz"):
        with pytest.raises(WeightsError, match="is a device or a pipe"):
            read_weights(tmp_path / name)


def test_a_changed_byte_of_a_torch_checkpoint_is_noticed(tmp_path: Path) -> None:
    """torch.load does not look at the checksums that torch.save writes."""
    torch.save({"w": torch.arange(1000.0)}, tmp_path / "a.pth")
    content = bytearray((tmp_path / "a.pth").read_bytes())
    at = content.index(torch.arange(990.0, 1000.0).numpy().tobytes())
    content[at] ^= 1
    (tmp_path / "b.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=r"b\.pth.*is it a complete file"):
        read_weights(tmp_path / "b.pth")


def test_a_torch_checkpoint_without_checksums_is_read(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"w": torch.arange(10.0)}, tmp_path / "a.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    assert torch.equal(read_weights(tmp_path / "a.pth").state["w"], torch.arange(10.0))
