"""The versions that convscope is meant for, each in an environment of its own: `make versions`, or `nox -s oldest`.

`pipx run nox` needs nothing but the Pythons. Each session runs the fast part of the tests, or what is given after `--`
(`nox -s newest -- tests/graph`). What was run where, and what is only believed, is in docs/releases.md.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["oldest", "pinned", "newest", "plain"]

# The oldest PyTorch that pyproject.toml admits, with what fits it; all else is what pip finds.
OLDEST = ["torch==2.9.*", "torchvision==0.24.*", "numba==0.63.*", "numpy==2.2.*"]
FAST = ["-m", "not slow and not data", "-n", "auto", "--dist", "loadfile"]


def run_tests(session: nox.Session, *packages: str, constrained: bool = False, before: tuple[str, ...] = ()) -> None:
    """The tests with these packages, or those of constraints.txt, of which one test says that these are the ones."""
    asked = ["--constraint", "constraints.txt"] if constrained else []
    session.install("--upgrade", "pip>=25.1")  # the first that knows groups; an older one comes with Python
    session.install(*asked, *packages, "--group", "test", "--editable", ".")
    session.run("python", "-c", "import torch, sys; print(f'Python {sys.version}, torch {torch.__version__}')")
    left = [] if constrained else ["--deselect", "tests/project/test_package.py::test_tests_run_with_the_pinned_torch"]
    session.run("python", "-m", "pytest", *before, *FAST, *left, *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """The oldest PyTorch, torchvision, Numba and NumPy that pyproject.toml allows."""
    run_tests(session, *OLDEST)


@nox.session(python="3.11")
def pinned(session: nox.Session) -> None:
    """The releases that are tested with every change."""
    run_tests(session, constrained=True)


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """The newest that pip finds, with the newest Python that PyTorch and Numba have in common."""
    run_tests(session)


@nox.session(python="3.11")
def plain(session: nox.Session) -> None:
    """Without compiled loops: as if Numba were not installed."""
    run_tests(session, constrained=True, before=("--without", "numba"))
