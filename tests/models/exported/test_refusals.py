"""Files that are damaged, lie about themselves or ask for too much: refused in words, soon, and in little memory."""

from __future__ import annotations

import json
import stat
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convscope.errors import WeightsError
from convscope.models.loading import load
from convscope.models.tiny import random_tiny
from tests.models.exported.making import call, edit_program, edited, node, put_first, rewrite, save

PROGRAM = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
IMAGE = {"as_tensor": {"name": "IMAGE"}}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(random_tiny(), tmp_path_factory.mktemp("good") / "net.pt2")


@pytest.fixture
def file(good: Path, tmp_path: Path) -> Path:
    """A good file, to be changed."""
    path = tmp_path / "net.pt2"
    path.write_bytes(good.read_bytes())
    return path


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """No refusal takes long."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 60


def refused(path: Path, match: str) -> None:
    with pytest.raises(WeightsError, match=match) as caught:
        load(f"pt2:{path}")
    assert str(path) in str(caught.value)
    assert "torch.export.save" in str(caught.value)
    assert "\n" not in str(caught.value)


# -- the archive ------------------------------------------------------------------------------------------------------
def test_compressed_entries_are_refused(file: Path) -> None:
    bomb = rewrite(file, {"extra/bomb": bytes(200 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 2**20
    tracemalloc.start()
    refused(bomb, "compressed")
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


def test_entries_that_share_their_bytes_are_refused(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as archive:
        info = archive.getinfo("net/data/weights/weight_0")
        for at in range(20_000):
            again = zipfile.ZipInfo(f"net/extra/{at}")
            again.header_offset, again.CRC = info.header_offset, info.CRC
            again.file_size = again.compress_size = info.file_size
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]
    refused(file, "more bytes than the file|no zip|damaged")


def test_two_entries_of_one_name_are_refused(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(f"net/{PROGRAM}", b"{}")
    refused(file, "two entries")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "other/models/model.json", "evil"])
def test_entries_outside_the_folder_are_refused(file: Path, name: str) -> None:
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, b"")
    refused(file, "outside the archive's folder")


def test_a_link_is_no_weight(file: Path) -> None:
    entries: dict[str, Any] = {"data/weights/weight_0": None}
    rewrite(file, entries)
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("net/data/weights/weight_0")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/dev/zero")
    refused(file, "elements")


def test_too_many_entries_are_refused(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as archive:
        for at in range(100_001):
            archive.writestr(f"net/extra/{at}", b"")
    refused(file, "entries")


@pytest.mark.parametrize("keep", [0.0, 0.2, 0.9, 0.999])
def test_a_part_of_a_file_is_refused(file: Path, keep: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * keep)])
    refused(file, "no zip archive|no entry")


def test_a_damaged_weight_is_noticed(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        weight = archive.read("net/data/weights/weight_0")
    content = file.read_bytes()
    file.write_bytes(content.replace(weight, bytes(len(weight))))
    refused(file, "damaged")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("archive_format", b"pt3", "archive_format"),
        ("archive_version", b"1", "archive_version"),
        ("byteorder", b"big", "byteorder"),
        ("archive_version", None, "archive_version"),
        (PROGRAM, None, "no entry"),
        (WEIGHTS, None, "no entry"),
        ("data/weights/weight_0", None, "no entry"),
        ("data/weights/model.pt", b"", "pickle"),
        ("data/constants/model.pt", b"", "pickle"),
        ("data/aotinductor/model/a.dll", b"", "compiled library"),
    ],
)
def test_what_an_archive_must_hold(file: Path, name: str, content: bytes | None, match: str) -> None:
    refused(rewrite(file, {name: content}), match)


# -- JSON -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [PROGRAM, WEIGHTS])
@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"a":' * 200_000, "nested too deep"),
        (b"9" * 100_000, "no JSON"),
        (b"[" + b"0," * 5_000_000 + b"0]", "more than 4,000,000 values"),
        (b"\xff\xfe", "no JSON"),
        (b"", "no JSON"),
        (b"[]", "not a record"),
        (b"null", "not a record"),
        (b"{}", "has no"),
    ],
    ids=["lists", "records", "digits", "many", "bytes", "empty", "list", "null", "nothing"],
)
def test_json_of_any_kind(file: Path, name: str, content: bytes, match: str) -> None:
    refused(rewrite(file, {name: content}), match)


# -- tensors ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("dtype", 99, "type 99"),
        ("dtype", 11, "type 11"),
        ("dtype", "7", "not a whole number"),
        ("dtype", True, "not a whole number"),
        ("layout", 1, "sparse"),
        ("sizes", [{"as_int": 10**30}], "bits"),
        ("sizes", [{"as_int": -1}] * 4, "must be from 0"),
        ("sizes", [{"as_int": 2**40}] * 4, "elements"),
        ("sizes", [{"as_int": 1}] * 17, "more than 16"),
        ("sizes", [{"as_expr": {"expr_str": "s0"}}], "unknown kind"),
        ("strides", [{"as_int": 0}] * 3, "strides"),
        ("strides", [{"as_int": 2**40}] * 4, "last element"),
        ("strides", [{"as_int": -9}] * 4, "must be from 0"),
        ("storage_offset", {"as_int": 1}, "last element"),
        ("storage_offset", {"as_int": -1}, "must be from 0"),
    ],
)
def test_a_tensor_lies_within_its_bytes(file: Path, field: str, value: Any, match: str) -> None:
    def edit(config: Any) -> None:
        config["config"]["conv1.weight"]["tensor_meta"][field] = value

    refused(rewrite(file, {WEIGHTS: edited(edit)}), match)


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("use_pickle", True, "pickle"),
        ("use_pickle", None, "not true or false"),
        ("path_name", "../constants/x", "pickle"),
        ("path_name", "weight_0/../weight_1", "pickle"),
        ("path_name", "custom_obj_0", "pickle"),
        ("path_name", 3, "not text"),
        ("path_name", "weight_99999", "no entry"),
        ("tensor_meta", None, "not a record"),
    ],
)
def test_an_entry_of_weights_is_raw_bytes(file: Path, field: str, value: Any, match: str) -> None:
    def edit(config: Any) -> None:
        config["config"]["conv1.weight"][field] = value

    refused(rewrite(file, {WEIGHTS: edited(edit)}), match)


def test_a_weight_of_another_shape_does_not_fit(file: Path) -> None:
    def edit(config: Any) -> None:
        meta = config["config"]["conv1.weight"]["tensor_meta"]
        meta["sizes"][0], meta["sizes"][1] = meta["sizes"][1], meta["sizes"][0]

    refused(rewrite(file, {WEIGHTS: edited(edit)}), "do not fit")


def test_a_missing_weight_is_named(file: Path) -> None:
    refused(rewrite(file, {WEIGHTS: edited(lambda config: config["config"].pop("conv1.weight"))}), "conv1.weight")


def test_tensors_without_their_bytes_are_refused(file: Path) -> None:
    refused(rewrite(file, {"data/weights/weight_0": b""}), "holds 0 elements")


# -- the program ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", [(9, 0), (8, 13), (8, 21), (7, 14), (8, -1), ("8", 14), (8, 14.0)])
def test_versions_of_other_releases_are_refused(file: Path, version: tuple[Any, Any]) -> None:
    def edit(program: Any) -> None:
        program["schema_version"] = {"major": version[0], "minor": version[1]}

    refused(edit_program(file, edit), r"version|whole number")


@pytest.mark.parametrize(
    "argument",
    [
        {"as_custom_obj": {"name": "x", "class_fqn": "y"}},
        {"as_operator": "torch.ops.aten.relu.default"},
        {"as_graph": {"name": "g", "graph": {}}},
        {"as_complex": {"real": 1.0, "imag": 1.0}},
        {"as_string": "__import__('os')"},
        {"as_string": "a" * 33},
        {"as_string_to_argument": {}},
        {"as_strings": ["a"]},
        {"as_int": 10**40},
        {"as_int": 1.5},
        {"as_int": True},
        {"as_ints": [1] * 5000},
        {"as_float": "nan"},
        {"as_bool": 1},
        {"as_tensor": {"name": "nothing"}},
        {"as_tensor": {"name": ["a"]}},
        {"as_tensors": [{"name": "nothing"}]},
        {"as_sym_int": {"as_name": "nothing"}},
        {"as_sym_int": {"as_expr": "1"}},
        {"as_scalar_type": 10},
        {"as_memory_format": 9},
        {"as_layout": 2},
        {"as_device": {"type": 3}},
        {"as_anything": 1},
        {"as_int": 1, "as_none": True},
        {},
        None,
        [],
    ],
    ids=lambda value: str(value)[:40],
)
def test_arguments_of_other_kinds_are_refused(file: Path, argument: Any) -> None:
    refused(edit_program(file, call("torch.ops.aten.relu.default", ("self", argument))), "is|uses|has|holds")


@pytest.mark.parametrize(
    "name",
    [
        "from_file.default", "as_strided.default", "as_strided_.default", "set_.source_Storage", "set_.source_Tensor",
        "resize_.default", "resize_as_.default", "_resize_output_.default", "_cuda_getCurrentRawStream.default",
        "record_stream.default", "data.default", "set_data.default", "save.default", "warn.default", "item.default",
        "_local_scalar_dense.default", "nonzero.default", "add.out", "relu.out", "view.dtype", "empty_strided.default",
        "_efficientzerotensor.default", "_sparse_coo_tensor_unsafe.default", "_nested_view_from_buffer.default",
        "set_.default", "to_sparse.default", "_pin_memory.default", "is_pinned.default", "copy.t", "add.t", "add.str",
        "relu", "relu.", "relu.default.", "relu.nothing", ".relu.default", "__dict__.default", "name.default",
    ],
)  # fmt: skip
def test_operators_that_are_no_functions_of_tensors_are_refused(file: Path, name: str) -> None:
    refused(edit_program(file, call(f"torch.ops.aten.{name}", ("self", IMAGE))), "operator")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ([], "not given"),
        ([("self", IMAGE), ("self", IMAGE)], "out of its place"),
        ([("other", IMAGE), ("self", IMAGE)], "out of its place"),
        ([("self", IMAGE), ("nothing", IMAGE)], "does not take"),
        ([("self", IMAGE), ("other", {"as_none": True})], "do not fit"),
        ([("self", IMAGE), ("other", {"as_string": "a"})], "do not fit"),
    ],
)
def test_arguments_fit_their_operator(file: Path, arguments: list[Any], match: str) -> None:
    refused(edit_program(file, put_first(node("torch.ops.aten.add.Tensor", *arguments))), match)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("custom_obj", {"arg": {"name": "x", "class_fqn": "y"}, "custom_obj_name": "z"}),
        ("token", {"arg": {"name": "x"}}),
        ("anything", {}),
    ],
)
def test_inputs_of_other_kinds_are_refused(file: Path, kind: str, content: Any) -> None:
    def edit(program: Any) -> None:
        program["graph_module"]["graph"]["inputs"].append({"as_tensor": {"name": "x"}})
        program["graph_module"]["signature"]["input_specs"].append({kind: content})

    refused(edit_program(file, edit), "unknown kind")


def test_a_value_is_made_once(file: Path) -> None:
    once = node("torch.ops.aten.relu.default", ("self", IMAGE))
    refused(edit_program(file, put_first(once, once)), "twice")


def test_a_module_that_is_none_is_refused(file: Path) -> None:
    def edit(program: Any) -> None:
        program["graph_module"]["graph"]["nodes"][0]["metadata"]["nn_module_stack"] = "a,\x1b[2J,b"

    refused(edit_program(file, edit), "printable")


# -- how much it asks for ---------------------------------------------------------------------------------------------
def full(*sizes: int, name: str = "made") -> dict[str, Any]:
    fill = ("fill_value", {"as_float": 1.0})
    return node("torch.ops.aten.full.default", ("size", {"as_ints": list(sizes)}), fill, returns=name)


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        ([full(2**31, 2**31)], "elements|fit"),
        ([full(2**20, 2**20)], "elements"),
        (
            [node("torch.ops.aten.repeat.default", ("self", IMAGE), ("repeats", {"as_ints": [1, 1, 1500, 1500]}))],
            "elem",
        ),
        ([full(2**27)], "from no image"),
        ([full(2**25, name=f"made{i}") for i in range(9)], "from no image"),
        ([full(*[1] * 70)], "dimensions"),
        (
            [node("torch.ops.aten.repeat.default", ("self", IMAGE), ("repeats", {"as_ints": [2**40, 1, 1, 1]}))],
            "elem|fit",
        ),
        (
            [
                full(2**20, name="long"),
                node(
                    "torch.ops.aten.unbind.int",
                    ("self", {"as_tensor": {"name": "long"}}),
                    returns=[{"as_tensors": [{"name": "part"}]}],
                ),
            ],
            "into parts",
        ),
        ([node("torch.ops.aten.arange.default", ("end", {"as_int": 2**50}))], "elements"),
        ([node("torch.ops.aten.eye.default", ("n", {"as_int": 2**30}))], "elements"),
    ],
    ids=["overflow", "large", "gigabytes", "constant", "constants", "dimensions", "repeat", "parts", "arange", "eye"],
)
def test_no_network_needs_so_much(file: Path, nodes: list[Any], match: str) -> None:
    refused(edit_program(file, put_first(*nodes)), match)


def _number(name: str) -> list[Any]:
    return [{"as_sym_int": {"as_name": name}}]


@pytest.mark.parametrize("operator", ["mul", "add", "floordiv", "mod"])
def test_arithmetic_of_sizes_stays_small(file: Path, operator: str) -> None:
    nodes = [node("torch.ops.aten.sym_size.int", ("self", IMAGE), ("dim", {"as_int": 0}), returns=_number("n0"))]
    for at in range(300):
        given = {"as_sym_int": {"as_name": f"n{at}"}}
        more = [("a", given), ("b", given)] if operator in ("mul", "add") else [("a", given), ("b", {"as_int": at + 2})]
        if operator in ("floordiv", "mod"):
            nodes.append(node("_operator.add", ("a", given), ("b", {"as_int": 1}), returns=_number(f"m{at}")))
            more[0] = ("a", {"as_sym_int": {"as_name": f"m{at}"}})
        nodes.append(node(f"_operator.{operator}", *more, returns=_number(f"n{at + 1}")))
    refused(edit_program(file, put_first(*nodes)), "size|network|fit")


def test_constants_that_cannot_be_computed_are_refused(file: Path) -> None:
    index = {"as_tensor": {"name": "index"}}

    def edit(program: Any) -> None:
        size, value = ("size", {"as_ints": [1]}), ("fill_value", {"as_int": 10**9})
        far = node("torch.ops.aten.full.default", size, value, ("dtype", {"as_scalar_type": 5}), returns="index")
        put_first(
            far,
            full(3, name="short"),
            node(
                "torch.ops.aten.index_select.default",
                ("self", {"as_tensor": {"name": "short"}}),
                ("dim", {"as_int": 0}),
                ("index", index),
            ),
            node(
                "torch.ops.aten.add.Tensor", ("self", IMAGE), ("other", {"as_tensor": {"name": "made"}}), returns="sum"
            ),
        )(program)
        first = next(n for n in program["graph_module"]["graph"]["nodes"] if "conv2d" in n["target"])
        first["inputs"][0]["arg"] = {"as_tensor": {"name": "sum"}}

    refused(edit_program(file, edit), "does not compute")


@pytest.mark.parametrize("depth", [1, 8, 9, 60])
def test_blocks_in_blocks_are_bounded(file: Path, depth: int) -> None:
    with zipfile.ZipFile(file) as archive:
        program = json.loads(archive.read(f"net/{PROGRAM}"))
    block: dict[str, Any] = {}
    for at in range(depth):
        inner = [node("torch.ops.aten.relu.default", ("self", {"as_tensor": {"name": "x"}}), returns="y")]
        if at:
            inner = [block]
        graph = {"inputs": [{"as_tensor": {"name": "x"}}], "nodes": inner, "outputs": [{"as_tensor": {"name": "y"}}]}
        block = node(
            "torch.ops.higher_order.wrap_with_set_grad_enabled",
            ("", {"as_bool": False}),
            ("", {"as_graph": {"name": "g", "graph": graph}}),
            ("", {"as_tensor": {"name": "x"}}),
            returns="y",
        )
    block["inputs"][2]["arg"] = IMAGE
    put_first(block)(program)
    rewrite(file, {PROGRAM: json.dumps(program).encode()})
    if depth <= 8:
        assert load(f"pt2:{file}").output == "fc"
    else:
        refused(file, "nest")


def test_an_image_of_any_size_is_no_reason_to_take_memory(file: Path) -> None:
    def edit(program: Any) -> None:
        for value in program["graph_module"]["graph"]["tensor_values"].values():
            if len(value["sizes"]) == 4 and "as_expr" in value["sizes"][0]:
                value["sizes"][2:] = [{"as_int": 2**24}] * 2

    refused(edit_program(file, edit), "elements")
