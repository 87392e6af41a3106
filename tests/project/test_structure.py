"""The house in order: no circles of modules, a thin command line, a test for every command, words in their place."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import convscope as cs
from convscope.cli.app import application
from tests.conftest import ROOT
from tests.project.test_names import BELOW

SOURCE = ROOT / "src"
CLI = SOURCE / "convscope" / "cli"
CLI_LINES = 2300
COMMAND_LINES = 40
MOST, MOST_BY_PLACE = 8, 8


def modules() -> dict[str, Path]:
    """The package's modules by name."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the package that one imports, wherever in it, for types alone too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The sets of modules that reach each other (Tarjan)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in graph[name]:
            if other not in number:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], number[other])
        if low[name] == number[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in number:
            visit(name)
    return found


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    known = modules()
    graph = {name: {other for other in imports(path, known) if other in known} - {name} for name, path in known.items()}
    graph["convscope"] = set()  # gathers the public names, by name or for types alone
    assert circles(graph) == []


def commands() -> dict[str, object]:
    """Every command's function by its words."""
    found = {}
    for app in (application, application["atlas"]):
        for name in app:
            if not name.startswith("-"):
                function = app[name].default_command
                if function is not None:
                    found[name] = function
    return found


def body_lines(function: object) -> int:
    """The lines of a function after its arguments and docstring."""
    tree = ast.parse(inspect.getsource(function))  # pyright: ignore[reportArgumentType]
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    first = definition.body[1] if ast.get_docstring(definition) else definition.body[0]
    return (definition.end_lineno or 0) - first.lineno + 1


def test_the_command_line_is_thin() -> None:
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in CLI.glob("*.py"))
    assert lines < CLI_LINES
    assert len(commands()) > 15
    assert {name: n for name, function in commands().items() if (n := body_lines(function)) >= COMMAND_LINES} == {}


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_a_test_file_of_its_name(name: str) -> None:
    assert (ROOT / "tests" / "cli" / f"test_{name.replace('-', '_')}.py").is_file()


def test_tests_stand_where_their_module_does() -> None:
    """A test called as a module of its room is in that module's folder; others are about more than one."""
    package, misplaced = SOURCE / "convscope", []
    for path in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        folder, name = path.parent.relative_to(ROOT / "tests"), path.stem.removeprefix("test_")
        if folder.parts[0] in ("devices", "project", "web"):
            continue
        assert (package / folder).is_dir(), path
        here = (package / folder / f"{name}.py").exists() or (package / folder / name).is_dir()
        elsewhere = list((package / folder.parts[0]).rglob(f"{name}.py"))
        if elsewhere and not here:
            misplaced.append(f"{path.relative_to(ROOT)}: {elsewhere[0].relative_to(package)}")
    assert misplaced == []


def said(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a module's code that are no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


def test_the_library_does_not_speak_of_options() -> None:
    option = re.compile(r"(?<![\w-])(?:--[a-z]{2}|-[a-zA-Z]\b(?!\())")
    of_others = ("pip install", "gdcmconv", "ssh")  # options of other programs
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text}"
        for path in SOURCE.rglob("*.py")
        if "cli" not in path.parts
        for line, text in said(path)
        if option.search(text) and not any(word in text for word in of_others)
    ]
    assert found == []


def test_the_command_line_does_not_speak_of_arguments() -> None:
    argument = re.compile(r"(?<![\w-])(?:preprocess|match|weights|layers|classes)=")
    found = [
        f"{path.name}:{line}: {text}" for path in CLI.glob("*.py") for line, text in said(path) if argument.search(text)
    ]
    assert found == []


LONG = {
    "add_experiment": "all that the page of a result shows, each part by its name",
    "collection": "what `open_source` takes, by its names, and a folder that keeps decoded images",
    "correspondence": "the question of `correspond`, on boxes, with its arguments",
    "from_scratch": "the question of `transfer`, for networks that are trained first",
    "load_with_module": "what `load` takes, and gives the module beside the network",
    "measure_transfer": "the question of `transfer`, on one network and its like",
    "part_costs": "what `occlude` takes of parts, by its names",
    "project": "one selection and the choices of `project_all`, by their names",
}
"""Functions that take more than eight arguments, beside public ones, commands, and what answers a verb below it."""


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the package but compiled loops, which Numba calls with all they need by place, and signatures
    alone (`...`), which tell type checkers of what stands elsewhere."""
    for path in SOURCE.rglob("*.py"):
        if "loops" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef) and ast.unparse(node.body[-1]) != "...":
                    yield f"{path.relative_to(SOURCE)}:{node.name}", node


def free() -> set[str]:
    """Where the functions stand that take as many arguments as their question has: public ones, of which the table of
    docs/grammar.md has every argument, commands, whose options these are, and what answers a verb in a room below."""
    verbs = (inspect.unwrap(one) for name in cs.__all__ if inspect.isfunction(one := getattr(cs, name)))
    public = {f"{one.__module__}.{one.__name__}" for one in verbs} | {"convscope.graph.network.trace"}
    below = {f"convscope.{place}.{name}" for name, places in BELOW.items() for place in places}
    asked = {f"{one.__module__}.{one.__name__}" for one in commands().values() if inspect.isfunction(one)}
    return public | below | asked


def test_what_takes_many_arguments_takes_them_by_name() -> None:
    by_place, many, without = [], {}, free()
    for name, node in functions():
        places = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg not in ("self", "cls")]
        if len(places) > MOST_BY_PLACE:
            by_place.append(f"{name}: {len(places)}")
        module = ".".join(Path(name.partition(":")[0]).with_suffix("").parts)
        if len(places) + len(node.args.kwonlyargs) > MOST and f"{module}.{node.name}" not in without:
            many[node.name] = f"{name}: {len(places) + len(node.args.kwonlyargs)}"
    assert by_place == []
    assert {name: where for name, where in many.items() if name not in LONG} == {}, (
        "a function takes eight arguments at most: what belongs together is one thing"
    )
    assert set(LONG) == set(many), "what may be long is short now"


def test_packages_of_the_viewer_are_installed_without_running_their_scripts() -> None:
    assert "ignore-scripts=true" in (ROOT / "web" / ".npmrc").read_text("utf-8").splitlines()
    installed = re.findall(r"npm (?:--prefix \S+ )?(?:ci|install|i)\b[^\n;|&]*", (ROOT / "Makefile").read_text("utf-8"))
    assert len(installed) >= 3
    assert [line for line in installed if "--ignore-scripts" not in line] == []
