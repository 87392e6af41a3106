"""Files made to run something when they are read: each would leave a mark, and none may."""

from __future__ import annotations

import io
import json
import pickle
import re
import shutil
import sys
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from convscope.errors import WeightsError
from convscope.models.loading import load
from convscope.models.tiny import random_tiny
from tests.models.exported.making import call, edit_program, edited, image_name, rewrite, save


class Trap:
    """Unpickling this creates a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.mkdir, (self.mark,)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What the hostile files try to create."""
    return tmp_path / "it-ran"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good file."""
    return save(random_tiny(), tmp_path_factory.mktemp("good") / "net.pt2")


@pytest.fixture
def file(good: Path, tmp_path: Path) -> Path:
    """A copy of the good file, to be changed."""
    return shutil.copy(good, tmp_path / "net.pt2")


@pytest.fixture
def marking_module(tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose import leaves the mark."""
    folder = tmp_path / "importable"
    folder.mkdir()
    lines = ["import enum, pathlib", f"pathlib.Path({str(mark)!r}).mkdir()", "Kind = enum.Enum('Kind', 'A')"]
    (folder / "leaves_a_mark.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "leaves_a_mark", raising=False)
    return "leaves_a_mark"


def refused(path: Path, mark: Path, *, match: str) -> None:
    """The file leaves no mark and is refused in words that name it and say what to do."""
    caught: Exception | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load(f"pt2:{path}")
        except Exception as error:  # noqa: BLE001 (first of all: did it run?)
            caught = error
    assert not mark.exists(), "the file ran code"
    assert isinstance(caught, WeightsError), repr(caught)
    assert re.search(match, str(caught)), str(caught)
    assert str(path) in str(caught)
    assert "torch.export.save" in str(caught)


def pickled(mark: Path) -> bytes:
    buffer = io.BytesIO()
    torch.save(Trap(mark), buffer, pickle_module=pickle)
    return buffer.getvalue()


def test_a_file_of_the_old_layout_is_not_unpickled(file: Path, mark: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        program = archive.read("net/models/model.json")
    tensors = io.BytesIO()
    torch.save({}, tensors)
    entries = {
        "version": b"8.20",
        "serialized_exported_program.json": program,
        "serialized_state_dict.json": pickled(mark),
        "serialized_constants.json": tensors.getvalue(),
        "serialized_example_inputs.pt": tensors.getvalue(),
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    refused(file, mark, match="older than 2.9")


def _constant(path_name: str, size: int) -> Callable[[Any], None]:
    meta = {
        "dtype": 1,
        "sizes": [{"as_int": size}],
        "requires_grad": False,
        "device": {"type": "cpu", "index": None},
        "strides": [{"as_int": 1}],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }

    def edit(config: Any) -> None:
        entry = {"path_name": path_name, "is_param": False, "use_pickle": False, "tensor_meta": meta}
        config["config"]["c"] = entry

    return edit


def test_a_constant_that_is_called_an_object_is_not_unpickled(file: Path, mark: Path) -> None:
    content = pickle.dumps(Trap(mark))
    rewrite(
        file,
        {
            "data/constants/opaque_obj_0": content,
            "data/constants/model_constants_config.json": edited(_constant("opaque_obj_0", len(content))),
        },
    )
    refused(file, mark, match="opaque_obj_0")


@pytest.mark.parametrize(
    "where", ["tensor_values", "sym_int_values", "range_constraints", "hint"], ids=lambda name: name
)
def test_an_expression_is_not_evaluated(file: Path, mark: Path, where: str) -> None:
    text = f"__import__('pathlib').Path({str(mark)!r}).mkdir()"

    def edit(program: Any) -> None:
        graph = program["graph_module"]["graph"]
        image = graph["tensor_values"][image_name(program)]
        if where == "tensor_values":
            image["sizes"][0] = {"as_expr": {"expr_str": text, "hint": {"as_int": 2}}}
        elif where == "sym_int_values":
            graph["sym_int_values"]["n"] = {"as_expr": {"expr_str": text, "hint": {"as_int": 2}}}
            graph["inputs"].append({"as_sym_int": {"as_name": "n"}})
            program["graph_module"]["signature"]["input_specs"].append(
                {"user_input": {"arg": {"as_sym_int": {"as_name": "n"}}}}
            )
        elif where == "range_constraints":
            program["range_constraints"][text] = {"min_val": 0, "max_val": 9}
        else:
            image["sizes"][0]["as_expr"]["hint"] = {"as_int": text}

    edit_program(file, edit)
    if where == "tensor_values":
        refused(file, mark, match="must be one free symbol")
    else:  # not read at all
        with suppress(Exception):
            load(f"pt2:{file}")
        assert not mark.exists(), "the file ran code"


def _tree(kind: str, context: Any) -> str:
    leaf = {"type": None, "context": None, "children_spec": []}
    return json.dumps([1, {"type": kind, "context": context, "children_spec": [leaf]}])


@pytest.mark.parametrize("side", ["in_spec", "out_spec"])
@pytest.mark.parametrize("kind", ["collections.defaultdict", "builtins.dict"])
def test_a_tree_does_not_import(file: Path, mark: Path, marking_module: str, side: str, kind: str) -> None:
    if kind == "collections.defaultdict":
        factory = {"default_factory_module": marking_module, "default_factory_name": "Kind"}
        context: Any = {**factory, "dict_context": ["a"]}
    else:
        context = json.dumps([{"__enum__": True, "fqn": f"{marking_module}:Kind", "name": "A"}])

    def edit(program: Any) -> None:
        program["graph_module"]["module_call_graph"][0]["signature"][side] = _tree(kind, context)

    edit_program(file, edit)
    with suppress(Exception):
        load(f"pt2:{file}")
    assert not mark.exists(), "the file ran code"
    assert load(f"pt2:{file}").output == "fc"  # trees are not read at all: outputs are taken in their order


@pytest.mark.parametrize(
    "target",
    [
        "torch.serialization.os.mkdir",
        "torch.ops.aten.__init__",
        "torch.ops.aten.relu.__class__",
        "torch.ops.aten..relu.default",
        "torch.ops.aten.relu.default.__call__",
        "torch.ops.prims.convert_element_type.default",
        "torch.ops.higher_order.cond",
        "torch.hub.load",
        "_operator.methodcaller",
        "_operator.attrgetter",
        "math.exp",
        "#anything:x",
        "builtins.eval",
        "",
        "torch.ops.aten.rélu.default",
    ],
)
def test_an_operator_is_an_admitted_one(file: Path, mark: Path, target: str) -> None:
    edit_program(file, call(target, ("", {"as_string": str(mark)}), returns=[{"as_tensor": {"name": "made"}}]))
    refused(file, mark, match="operator")


@pytest.mark.parametrize("target", ["run_and_save_rng_state", "hints_wrapper", "inductor_compiled_code"])
def test_an_operator_is_no_argument_of_another(file: Path, mark: Path, target: str) -> None:
    made = [{"as_tensor": {"name": "made"}}]
    arguments = [("", {"as_operator": "torch.export.zipfile.ZipFile"}), ("", {"as_string": str(mark)})]
    arguments.append(("", {"as_string": "w"}))
    edit_program(file, call(f"torch.ops.higher_order.{target}", *arguments, returns=made))
    refused(file, mark, match="operator")


def test_an_operator_that_writes_files_is_refused(file: Path, mark: Path) -> None:
    arguments = [("item", {"as_int": 1}), ("filename", {"as_string": str(mark)})]
    edit_program(file, call("torch.ops.aten.save.default", *arguments, returns=[{"as_tensor": {"name": "made"}}]))
    refused(file, mark, match="save")


def test_an_operator_that_opens_files_is_refused(file: Path, mark: Path) -> None:
    edit = call(
        "torch.ops.aten.from_file.default",
        ("filename", {"as_string": str(mark)}),
        ("shared", {"as_bool": True}),
        ("size", {"as_int": 16}),
        ("dtype", {"as_scalar_type": 1}),
        returns=[{"as_tensor": {"name": "made"}}],
    )
    edit_program(file, edit)
    refused(file, mark, match=r"from_file")


@pytest.mark.parametrize("where", ["image", "weight", "node", "submodule"])
def test_a_name_is_no_source_code(file: Path, mark: Path, where: str) -> None:
    name = f"y=__import__('pathlib').Path({str(mark)!r}).mkdir()"
    with zipfile.ZipFile(file) as archive:
        program = json.loads(archive.read("net/models/model.json"))
    graph = program["graph_module"]["graph"]
    old = {
        "image": image_name(program),
        "weight": graph["inputs"][0]["as_tensor"]["name"],
        "node": graph["nodes"][0]["outputs"][0]["as_tensor"]["name"],
        "submodule": "conv1",
    }[where]
    if where == "submodule":
        program["graph_module"]["module_call_graph"][0]["signature"]["forward_arg_names"] = [name]
    text = json.dumps(program)
    if where != "submodule":
        text = text.replace(json.dumps(old), json.dumps(name))
    rewrite(file, {"models/model.json": text.encode()})
    with suppress(Exception):
        load(f"pt2:{file}")
    assert not mark.exists(), "the file ran code"
