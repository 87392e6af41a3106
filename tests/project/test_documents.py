"""What the documents promise is there."""

import importlib
import re
import subprocess
from pathlib import Path

import pytest

import convscope
from convscope import errors
from tests.conftest import ROOT

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    ROOT.glob("docs/**/*.md")
)
DOCUMENTS.append(ROOT / "docs" / "llms.txt")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def test_make_help_names_every_target() -> None:
    shown = subprocess.run(
        ["make", "-C", ROOT, "--no-print-directory", "help"], capture_output=True, text=True, check=True
    )
    listed = set(re.findall(r"^  make ([\w-]+) ", shown.stdout, flags=re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony is not None
    assert listed == targets() == set(phony[1].split())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_documents_name_exist(document: Path) -> None:
    named = set(re.findall(r"(?:^|`|    )make ([a-z-]+)", document.read_text(), flags=re.MULTILINE))
    assert named <= targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_repository_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(
        r"^```\{(?:image|include)\} (\S+)", text, flags=re.M
    )
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not missing


def test_contributing_is_short() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 60


def test_every_page_is_in_the_index_and_in_the_list_for_programs() -> None:
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.suffix in (".md", ".rst")} - {
        "index.md"
    }
    pages = {page for page in pages if not page.startswith("api/")} | {"api/index.md"}
    listed = re.findall(
        r"^(?!:)([\w/-]+)$",
        "\n".join(re.findall(r"```{toctree}\n(.*?)```", (docs / "index.md").read_text(), flags=re.DOTALL)),
        flags=re.MULTILINE,
    )
    assert {page.rpartition(".")[0] for page in pages} == set(listed)
    assert pages == set(re.findall(r"\]\(([^)#]+)\)", (docs / "llms.txt").read_text()))


def test_changelog_has_an_open_section() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()


def test_exit_codes_are_documented() -> None:
    documented = dict(re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "docs/cli.md").read_text(), flags=re.MULTILINE))
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ConvscopeError)
    ]
    assert len(kinds) > 5
    assert {str(kind.exit_code) for kind in kinds} | {"0", "130", "141"} == set(documented)


@pytest.fixture(scope="module")
def documented() -> dict[int, str]:
    """The modules that the Python reference shows, by the identities of what they have."""
    pages = "".join(path.read_text() for path in sorted(ROOT.glob("docs/api/*.md")))
    modules = [importlib.import_module(name) for name in re.findall(r"automodule:: (\S+)", pages)]
    alone = [name.rpartition(".") for name in re.findall(r"autoclass:: (\S+)", pages)]
    return {
        **{id(getattr(one, name)): one.__name__ for one in modules for name in getattr(one, "__all__", vars(one))},
        **{id(getattr(importlib.import_module(module), name)): module for module, _, name in alone},
    }


@pytest.mark.parametrize("name", [name for name in convscope.__all__ if name != "__version__"])
def test_the_python_reference_has_every_public_name(documented: dict[int, str], name: str) -> None:
    assert id(getattr(convscope, name)) in documented


def benchmarks() -> dict[str, str]:
    """The text of every benchmark by its name; what only compares results of theirs is none."""
    found = {path.stem: path.read_text() for path in (ROOT / "benchmarks").glob("[a-z]*.py")}
    return {name: text for name, text in found.items() if name not in ("harness", "compare")}


def test_benchmarks_that_documents_name_exist_and_all_are_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "performance.md").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted(benchmarks())
    named = {name for path in DOCUMENTS for name in re.findall(r"benchmarks\.([a-z_]+)", path.read_text())}
    assert named - {"compare"} <= {*benchmarks(), *(path.stem for path in (ROOT / "benchmarks").glob("_*.py"))}


def test_make_bench_runs_what_can_be_run_quickly() -> None:
    told = subprocess.run(
        ["make", "-C", ROOT, "--no-print-directory", "-n", "bench"], capture_output=True, text=True, check=True
    ).stdout
    names = re.findall(r"for name in ([^;]+);", told)[0].split()
    quick = {name for name, text in benchmarks().items() if "arguments(__doc__)" in text}
    assert set(names) == quick == set(benchmarks()) - {"same_bytes"}
