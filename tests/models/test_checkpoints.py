"""Forty and more kinds of files that people keep weights in: what each gives, or says."""

import argparse
import collections
import datetime
import enum
import gzip
import io
import os
import pickle
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

import convscope as cs
from convscope.errors import WeightsError
from convscope.models.checkpoints import read_archive
from convscope.models.contents import describe_file
from convscope.models.weights import fit, read_weights
from tests.data.making import listed_again

State = dict[str, Tensor]


def net(seed: int = 0, widths: tuple[int, int] = (8, 7)) -> nn.Module:
    """A network with batch normalisation and a classifier."""
    torch.manual_seed(seed)
    made = nn.Sequential(collections.OrderedDict(
        conv=nn.Conv2d(3, widths[0], 3, 2), norm=nn.BatchNorm2d(widths[0]), relu=nn.ReLU(),
        pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(*widths),
    ))  # fmt: skip
    made.get_buffer("norm.running_mean").normal_()
    return made.eval()


def sd(seed: int = 0) -> State:
    return dict(net(seed).state_dict())


def under(prefix: str, seed: int = 0) -> State:
    return {prefix + name: tensor for name, tensor in sd(seed).items()}


class Mode(enum.Enum):
    """An enum of the saver's own package."""

    FINE = "fine"


class Config:
    """A class of the saver's own package."""

    def __init__(self) -> None:
        self.depth, self.when = 18, datetime.date(2024, 1, 1)


class Attributes(dict[str, Any]):
    """A dictionary with attributes, as configurations are kept in."""

    __getattr__ = dict.__getitem__


def save(value: Any, path: Path) -> None:
    torch.save(value, path)


def save_old(value: Any, path: Path) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=False)


def dump(protocol: int) -> Callable[[Any, Path], None]:
    return lambda value, path: path.write_bytes(pickle.dumps(value, protocol)) and None


def save_npz(value: Any, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **{name: tensor.numpy() for name, tensor in value.items()})


class Ema(nn.Module):
    """An average as wrappers keep it: the network and its copy in one state dict."""

    def __init__(self) -> None:
        super().__init__()
        self.online_model, self.ema_model = net(0), net(1)
        self.register_buffer("step", torch.tensor(3))


OPTIMISER = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(8, 3, 3, 3)}}, "param_groups": [{"lr": 1}]}
LIGHTNING = {
    "epoch": 3,
    "global_step": 100,
    "pytorch-lightning_version": "2.1.0",
    "loops": {"fit_loop": {"state_dict": {}}},
    "callbacks": {"ModelCheckpoint{'monitor': 'val_loss'}": {"best_model_score": torch.tensor(0.3), "best_k": {}}},
    "optimizer_states": [OPTIMISER],
    "lr_schedulers": [],
    "hyper_parameters": Attributes(lr=0.1, mode=Mode.FINE),
}

# What the file holds, how it is written, what is asked of it after #, and how the network's weights are then named:
# all give the weights of seed 0, but for those marked with 1.
READ: dict[str, tuple[Any, Callable[[Any, Path], None], str, str]] = {
    "a state dict": (sd(), save, "", "weights from FILE"),
    "of torch before 1.6": (sd(), save_old, "", "weights from FILE"),
    "of torch before 1.6, wrapped": ({"state_dict": sd(), "best": np.float64(1)}, save_old, "", "weights from FILE"),
    "pickle.dump of tensors": (sd(), dump(4), "", "weights from FILE"),
    "pickle.dump by protocol 2": (sd(), dump(2), "", "weights from FILE"),
    "pickle.dump of arrays": ({k: v.numpy() for k, v in sd().items()}, dump(4), "", "weights from FILE"),
    "pickle.dump of arrays under model": (
        {"model": {k: v.numpy() for k, v in sd().items()}, "__author__": "x"}, dump(2), "", "weights from FILE"),
    "torch.save of arrays": ({k: v.numpy() for k, v in sd().items()}, save, "", "weights from FILE"),
    "numpy.savez": (sd(), save_npz, "", "weights from FILE"),
    "safetensors": (sd(), save_file, "", "weights from FILE"),
    "parameters": (dict(net().named_parameters()) | dict(net().named_buffers()), save, "", "weights from FILE"),
    "tensors with gradients and hooks": ({k: v.clone().requires_grad_() if v.is_floating_point() else v
                                          for k, v in sd().items()}, save, "", "weights from FILE"),
    "a Namespace beside": ({"model": sd(), "epoch": 1, "args": argparse.Namespace(lr=0.1)}, save, "",
                           "weights from FILE"),
    "a NumPy number beside": ({"state_dict": sd(), "best": np.mean([0.5, 0.6])}, save, "", "weights from FILE"),
    "a date, a path and an enum beside": (
        {"model_state_dict": sd(), "when": datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC), "at": Path("runs/1"),
         "mode": Mode.FINE}, save, "", "weights from FILE"),
    "a stranger's class beside": ({"net": sd(), "config": Config(), "more": SimpleNamespace(a=1)}, save, "",
                                  "weights from FILE"),
    "functions beside": ({"weights": sd(), "transform": np.mean, "classes": {"a", "b"}}, save, "", "weights from FILE"),
    "under a key of the saver's": ({"classifier_weights": sd(), "iteration": 7}, save, "", "weights from FILE"),
    "in a tuple with the optimiser": ((sd(), OPTIMISER), save, "", "weights from FILE"),
    "in an object of the saver's": ({"trainer": Attributes(state=Attributes(weights=sd()))}, save, "",
                                    "weights from FILE"),
    "DataParallel": (under("module."), save, "", "weights from FILE"),
    "compiled": (under("_orig_mod."), save, "", "weights from FILE"),
    "compiled within": ({k.replace("norm.", "norm._orig_mod."): v for k, v in under("module.").items()}, save, "",
                        "weights from FILE"),
    "DeepSpeed": ({"module": sd(), "buffer_names": [], "optimizer": OPTIMISER, "lr_scheduler": None}, save, "",
                  "weights from FILE"),
    "Lightning": ({**LIGHTNING, "state_dict": under("model.")}, save, "", "weights from FILE"),
    "Lightning with a criterion": (
        {**LIGHTNING, "state_dict": {**under("model."), "criterion.weight": torch.ones(7)}}, save, "",
        "weights from FILE#state_dict.model"),
    "Lightning that is the network, with metrics": (
        {"state_dict": {**sd(), "loss_fn.weight": torch.ones(7), "val_acc.tp": torch.zeros(3)}}, save, "",
        "weights from FILE#state_dict"),
    "a backbone": (under("backbone."), save, "", "weights from FILE"),
    "a backbone beside a head": ({**under("encoder."), "decoder.weight": torch.ones(3)}, save, "",
                                 "weights from FILE#encoder"),
    "deep within": ({"state_dict": under("net.module.features.")}, save, "", "weights from FILE"),
    "an average": (AveragedModel(net()).state_dict(), save, "", "weights from FILE"),
    "an average beside": ({"model": sd(), "model_ema": sd(1)}, save, "", "weights from FILE#model, not #model_ema"),
    "an average first": ({"state_dict_ema": sd(1), "state_dict": sd()}, save, "",
                         "weights from FILE#state_dict, not #state_dict_ema"),
    "an average beside, which is asked for (1)": ({"model": sd(), "model_ema": sd(1)}, save, "model_ema",
                                                   "weights from FILE#model_ema"),
    "an average in one state dict": (Ema().state_dict(), save, "",
                                     "weights from FILE#online_model, not #ema_model"),
    "an average within the network": ({**sd(), **under("ema_net.", 1), "ema_net.n": torch.tensor(3)}, save, "",
                                      "weights from FILE, not #ema_net"),
    "an average without dots": (
        {"state_dict": {**sd(), **{f"model_ema.{k.replace('.', '')}": v for k, v in sd(1).items()}}}, save, "",
        "weights from FILE#state_dict, not #state_dict.model_ema"),
    "a student and its teacher": ({"student": under("module.backbone."), "teacher": under("backbone.", 1)}, save, "",
                                  "weights from FILE#student.module.backbone, not #teacher.backbone"),
    "the teacher, which is asked for (1)": ({"student": under("module."), "teacher": under("", 1)}, save, "teacher",
                                            "weights from FILE#teacher"),
    "a key within keys": ({"runs": {"a": {"weights": sd(1)}, "b": {"weights": sd()}}}, save, "runs.b",
                          "weights from FILE#runs.b.weights"),
    "MoCo": ({"state_dict": {**under("module.encoder_q."), **under("module.encoder_k.", 1),
                             "module.queue": torch.zeros(4, 4)}}, save, "",
             "weights from FILE#state_dict.module.encoder_q, not #state_dict.module.encoder_k"),
    "counters of batch norm missing": ({k: v for k, v in sd().items() if "batches" not in k}, save, "",
                                       "weights from FILE"),
    "half precision": ({k: v.half() if v.is_floating_point() else v for k, v in sd().items()}, save, "",
                       "weights from FILE"),
}  # fmt: skip


def gives(found: Mapping[str, Tensor], seed: int, *, tolerance: float = 0) -> bool:
    wanted = sd(seed)
    return found.keys() == wanted.keys() and all(
        torch.allclose(found[name].double(), wanted[name].double(), rtol=0, atol=tolerance)
        for name in wanted
        if "batches" not in name
    )


@pytest.mark.parametrize("kind", READ)
def test_weights_are_found_in_every_kind_of_file_whatever_its_name_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    value, write, key, label = READ[kind]
    for path in (tmp_path / "w.any", tmp_path / "w.pth"):
        write(value, path)
        asked = f"{path}#{key}" if key else path
        fitted, _ = fit(read_weights(asked), net(2))
        assert gives(fitted, 1 if "(1)" in kind else 0, tolerance=1e-3 if "half" in kind else 0)
    loaded = cs.load(f"py:{__name__}:net", weights=asked, input_size=16)
    assert loaded.name == f"py:{__name__}:net ({label.replace('FILE', path.name)})"
    module = net(2)
    module.load_state_dict(fitted)
    images = torch.randn(2, 3, 16, 16)
    assert torch.allclose(loaded.run(images, [loaded.output])[loaded.output], module(images), atol=1e-4)


def script(_: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)  # of torch 2.15: it is to be left
        torch.jit.script(net()).save(str(path))


def exported(_: Any, path: Path) -> None:
    with path.open("wb") as file:
        torch.export.save(torch.export.export(net(), (torch.zeros(1, 3, 16, 16),)), file)


def quantised(_: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch is about to give them up; files of them stay
        save({name: torch.quantize_per_tensor(t.float(), 0.1, 0, torch.qint8) for name, t in sd().items()}, path)


def write(content: bytes) -> Callable[[Any, Path], None]:
    return lambda _, path: path.write_bytes(content) and None


def in_tar(value: Any, path: Path) -> None:
    held = io.BytesIO()
    torch.save(value, held)
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("w.pth")
        info.size = held.tell()
        held.seek(0)
        archive.addfile(info, held)


def in_zip(value: Any, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")


def in_gzip(value: Any, path: Path) -> None:
    held = io.BytesIO()
    torch.save(value, held)
    path.write_bytes(gzip.compress(held.getvalue()))


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, mark: str = "mark-of-a-test") -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.mark,)


REFUSED: dict[str, tuple[Any, Callable[[Any, Path], None], str]] = {
    "TorchScript": (None, script, r"is TorchScript, .*torch\.jit\.load\(FILE\)\.state_dict\(\).*py:package"),
    "an exported program": (None, exported, r"that torch\.export\.save wrote: name it as pt2:"),
    "a quantised network": (None, quantised, "conv.weight is quantised: take the network in floating point"),
    "a network quantised in part": (
        {**{n: t for n, t in sd().items() if not n.startswith("fc")}, "fc.scale": torch.tensor(1.0),
         "fc.zero_point": torch.tensor(0), "fc._packed_params.dtype": torch.qint8}, save,
        r"2 missing .*it is of a quantised network \(fc.zero_point\): take the one in floating point"),
    "a sparse tensor": ({**sd(), "fc.weight": torch.eye(7, 8).to_sparse()}, save, r"fc.weight is sparse: .*to_dense"),
    "tensors without numbers": (net().to("meta").state_dict(), save, "conv.weight is on the meta device"),
    "a whole module": (net(), save, r"a whole module \(torch\.nn\..*Sequential\), .*state_dict\(\) alone"),
    "a whole module, pickled": (net(), dump(4), r"a whole module \(torch\.nn\..*Sequential\)"),
    "a whole module under a key": (
        {"model": net(), "ema": None, "train_args": {}}, save, r"a whole module \(.*\) under 'model'"),
    "a list of tensors": (list(net().parameters()), save, "no state dict of tensors but a list of 6"),
    "an optimiser alone": ({"epoch": 3, "lr": 0.1}, save, "no state dict of tensors but keys epoch, lr"),
    "another network": (
        {"body.weight": torch.ones(3)}, save, r"none of its names \(conv.weight, .*\) is among those of the file"),
    "the same shapes under other names": (
        {f"layer{i}": t for i, t in enumerate(sd().values())}, save, "the model's shapes in the model's order: rename"),
    "a deeper network": (
        {**sd(), "conv2.weight": torch.ones(8, 8, 3, 3)}, save, "1 that the model does not have .conv2.weight"),
    "a shallower network": ({"conv.weight": sd()["conv.weight"]}, save, "7 missing .conv.bias, norm.weight"),
    "other widths": (net(0, (16, 7)).state_dict(), save, "7 of another shape .conv.weight 16x3x3x3 where"),
    "other classes": (net(0, (8, 9)).state_dict(), save, "fc.weight 9x8 where the model has 7x8.*classes="),
    "a tar archive": (sd(), in_tar, "is a tar archive, .*unpack it first"),
    "a ZIP archive": (sd(), in_zip, r"is a ZIP archive that holds readme\.txt, and no weights"),
    "compressed": (sd(), in_gzip, "is compressed with gzip: unpack it first"),
    "a web page": (None, write(b"<!DOCTYPE html><html></html>"), "is a web page: the download gave"),
    "a pointer of Git LFS": (None, write(b"version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
    "HDF5": (None, write(b"\x89HDF\r\n\x1a\n" + bytes(40)), "an HDF5 file"),
    "a single array": (None, write(b"\x93NUMPY" + bytes(40)), "a single NumPy array"),
    "nothing": (None, write(b""), "the file is empty"),
    "a word": (None, write(b"hello"), "pickle of tensors: its bytes are not written as these are; is it a complete"),
    "an empty dictionary": ({}, save, "no state dict of tensors but nothing at all: save"),
    "complex numbers": (
        {**sd(), "fc.bias": torch.ones(7) + 5j}, save, "fc.bias holds complex numbers, and the model's are real"),
    "a hostile file": ({"state_dict": sd(), "x": Trap()}, save, r"asks for (posix|nt)\.mkdir to be run.*do not load"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_says_what_it_is_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    value, write, said = REFUSED[kind]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w.pth"
    write(value, path)
    with pytest.raises(WeightsError, match=f"(?s){said}") as caught:
        cs.load(f"py:{__name__}:net", weights=path, input_size=16)
    assert "w.pth" in str(caught.value)
    assert "weights_only" not in str(caught.value)
    assert not (tmp_path / "mark-of-a-test").exists()


def test_a_key_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    save({"model": sd(), "model_ema": sd(1), "optimizer": OPTIMISER}, tmp_path / "a.pth")
    with pytest.raises(
        WeightsError, match=r"nothing under 'model_emma'; did you mean 'model_ema'.*there is: model, model_ema"
    ):
        read_weights(f"{tmp_path / 'a.pth'}#model_emma")


def test_a_file_whose_name_has_the_sign_is_a_file(tmp_path: Path) -> None:
    save(sd(), tmp_path / "run#3.pth")
    assert gives(read_weights(tmp_path / "run#3.pth").state, 0)


def test_bgr_is_turned_round_in_what_is_taken(tmp_path: Path) -> None:
    save({"ema": sd(1), "model": under("module.")}, tmp_path / "a.pth")
    loaded = cs.load(f"py:{__name__}:net", weights=tmp_path / "a.pth", input_size=16, channels="bgr")
    images = torch.randn(2, 3, 16, 16)
    found = loaded.run(images, [loaded.output])[loaded.output]
    assert torch.allclose(found, net()(images.flip(1)), atol=1e-5)


# -- tensors ----------------------------------------------------------------------------------------------------------
TENSORS: dict[str, Tensor] = {
    **{str(dtype): torch.tensor([[1, 0], [1, 1]]).to(dtype) for dtype in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
        torch.uint8, torch.bool, torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.float8_e4m3fn)},
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 3),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "channels last": torch.arange(48.0).reshape(1, 3, 4, 4).contiguous(memory_format=torch.channels_last),
    "a part": torch.arange(20.0)[3:11:2],
    "repeated": torch.arange(3.0).expand(2, 3),
    "a parameter": nn.Parameter(torch.arange(3.0)),
    "a buffer of many": torch.arange(100_000.0),
}  # fmt: skip


@pytest.mark.parametrize("writer", [save, save_old, dump(2), dump(5)])
def test_every_tensor_comes_back_as_torch_reads_it(tmp_path: Path, writer: Callable[[Any, Path], None]) -> None:
    kept = {name: tensor for name, tensor in TENSORS.items() if writer is save or "float8" not in name}
    shared = torch.arange(10.0)
    kept |= {"shared": shared, "shared, turned": shared.reshape(2, 5).T, "shared, a part": shared[4:]}
    writer(kept, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth").state
    assert set(found) == set(kept)
    for name, tensor in kept.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name].cfloat(), tensor.detach().cfloat()), name
        if writer is save:
            assert found[name].stride() == tensor.stride(), name


def pickled_with(path: Path, change: Callable[[bytes], bytes]) -> None:
    """A checkpoint of torch.save whose pickle is changed, without its checksums."""
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"w": torch.arange(6.0).reshape(2, 3)}, path)
    finally:
        torch.serialization.set_crc32_options(True)
    content = path.read_bytes()
    start = content.index(b"\x80\x02}q\x00")
    end = content.index(b"PK", start)
    changed = change(content[start:end])
    assert changed != content[start:end]
    assert len(changed) == end - start
    path.write_bytes(content[:start] + changed + content[end:])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"K\x02K\x03\x86", b"K\x09K\x03\x86"),  # more rows than there are numbers
        (b"K\x03K\x01\x86", b"K\x7fK\x01\x86"),  # steps that lead out of them
        (b"K\x02K\x03\x86", b"N0\x88\x88\x86"),  # of truth values, which are numbers in Python alone
        (b"K\x00K\x02K\x03", b"K\x05K\x02K\x03"),  # from a place that leaves too few
        (b"FloatStorage", b"Float\x53torag\x66"),  # of no type
    ],
)
def test_tensors_that_reach_beyond_their_numbers_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    pickled_with(tmp_path / "a.pth", lambda content: content.replace(old, new))
    with pytest.raises(WeightsError, match="cannot read"):
        read_weights(tmp_path / "a.pth").state["w"]


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    for writer in (save_old, dump(4)):
        writer(sd(), tmp_path / "a.pth")
        content = (tmp_path / "a.pth").read_bytes()
        for part in (0.3, 0.9, 0.99):
            (tmp_path / "b.pth").write_bytes(content[: int(part * len(content))])
            with pytest.raises(WeightsError, match="is it a complete file"):
                read_weights(tmp_path / "b.pth").state["fc.weight"]


def test_only_what_is_taken_is_read(tmp_path: Path) -> None:
    """An optimiser is twice as large as the network, and an average as large again."""
    save({"model": sd(), "optimizer": {"state": {0: {"exp_avg": torch.zeros(8)}}}}, tmp_path / "a.pth")
    contents = read_archive(tmp_path / "a.pth")
    read: list[str] = []
    for name, one in contents.stored.items():
        object.__setattr__(one, "read", lambda name=name, one=one.read: (read.append(name), one())[1])
    weights = read_weights(tmp_path / "a.pth")
    fit(type(weights)({}, "x", file=contents), net())
    assert read
    assert all(name.startswith("model.") for name in read)


@pytest.mark.parametrize(
    "value",
    [
        {"." * 5_000_000: torch.zeros(1)},
        {"x" * 1_000_000: {str(number): torch.zeros(1) for number in range(2000)}},
        {"optimizer" * 100_000: {"a": torch.zeros(1)}},
    ],
    ids=["dots", "a long key over many", "a pattern's"],
)
@pytest.mark.parametrize("writer", [save, save_npz, dump(4)])
def test_names_out_of_proportion_take_no_time(
    tmp_path: Path, value: dict[str, Any], writer: Callable[[Any, Path], None]
) -> None:
    if writer is save_npz:
        value = {name[:60_000]: torch.zeros(1) for name in value}
    writer(value, tmp_path / "a.pth")
    start = time.monotonic()
    with pytest.raises(WeightsError):
        fit(read_weights(tmp_path / "a.pth"), net())
    assert time.monotonic() - start < 20


def test_a_file_that_holds_its_dictionaries_many_times_over_is_refused(tmp_path: Path) -> None:
    shared: dict[str, Any] = {str(number): number for number in range(12)}
    for _ in range(8):
        shared = {str(number): shared for number in range(12)}
    dump(4)(shared, tmp_path / "a.pth")
    start = time.monotonic()
    with pytest.raises(WeightsError, match="more than 1000000 values"):
        read_weights(tmp_path / "a.pth")
    assert time.monotonic() - start < 20


def shared(entry: bytes, count: int = 900) -> bytes:
    """A pickle of a dictionary with a list of 1000 times the same entry, under so many names."""
    row = b"](" + b"h\x01" * 999 + b"eq\x02"
    names = b"".join(b"X\x04\0\0\0%04dh\x02" % number for number in range(count))
    return b"\x80\x02}(X\x01\0\0\0a" + entry + b"q\x01X\x01\0\0\0b" + row + names + b"u."


PAIRS = b"ccollections\nOrderedDict\n](NN\x86q\x00" + b"h\x00" * 20_000 + b"e\x85R"
NUMBERED = b"}(" + b"".join(b"G" + struct.pack(">d", number) + b"N" for number in range(20_000)) + b"u"


@pytest.mark.parametrize("entry", [PAIRS, NUMBERED])
def test_entries_that_count_for_nothing_are_counted(tmp_path: Path, entry: bytes) -> None:
    """What is held a thousand times, and has no name, would be looked through a thousand times."""
    (tmp_path / "a.pkl").write_bytes(shared(entry))
    begun = time.process_time()
    with pytest.raises(WeightsError, match="some of them many times over"):
        read_weights(tmp_path / "a.pkl")
    assert time.process_time() - begun < 5


def array_of(content: bytes, shape: bytes) -> bytes:
    """The instructions that describe an array of float32."""
    made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R"
    return made + b"(K\x01" + shape + b"cnumpy\ndtype\nX\x02\0\0\0f4\x89\x88\x87R\x89" + content + b"tb"


def test_arrays_that_share_a_text_take_its_memory_once(tmp_path: Path) -> None:
    size = 1 << 20
    entry = array_of(b"X" + struct.pack("<I", size) + b"a" * size, b"J" + struct.pack("<i", size // 4) + b"\x85")
    names = b"".join(b"X\x04\0\0\0%04dh\x01" % number for number in range(200))
    (tmp_path / "a.pkl").write_bytes(b"\x80\x03}(X\x04\0\0\0aaaa" + entry + b"q\x01" + names + b"u.")
    tracemalloc.start()
    found = read_weights(tmp_path / "a.pkl")
    assert tracemalloc.get_traced_memory()[1] < 20 * size
    tracemalloc.stop()
    assert len(found.state) == 201
    assert found.state["0007"].shape == (size // 4,)


def test_parts_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(100)}, tmp_path / "whole.pth")
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole, zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        for name in sorted(whole.namelist(), key=lambda name: name.endswith("data/0")):
            archive.writestr(name, whole.read(name))
    listed_again(tmp_path / "a.pth", 400)
    with pytest.raises(WeightsError, match="more bytes together than the file"):
        read_archive(tmp_path / "a.pth")


def test_outputs_and_shapes_that_are_absurd_fit_nothing(tmp_path: Path) -> None:
    wide = b"\x8a\x08" + struct.pack("<q", 10**15) + b"K\x03\x86"
    name = b"X\x0b\0\0\0conv1.weigh"
    (tmp_path / "a.pkl").write_bytes(b"\x80\x03}" + name + array_of(b"C\0", wide) + b"s.")
    assert describe_file(tmp_path / "a.pkl").fits == ()
    many = b"(" + b"\x8a\x08" + b"\xff" * 7 + b"\x3f" + b"K\x02" * 50 + b"t"
    (tmp_path / "b.pkl").write_bytes(b"\x80\x03}" + name + array_of(b"C\0", many) + b"s.")
    with pytest.raises(WeightsError, match="a type and a shape that fit"):
        describe_file(tmp_path / "b.pkl")
