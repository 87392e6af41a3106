"""What is known of the machine, what is said of it instead, and what is chosen by it."""

import pytest
import torch

from convscope.errors import UsageError
from convscope.kernels import machine


def test_threads_are_those_of_the_calling_thread() -> None:
    before = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            assert machine.threads() == count
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("threads", "win"), [(1, True), (2, True), (3, False), (64, False)])
def test_loops_win_on_few_threads(threads: int, win: bool) -> None:
    with machine.pretend(threads=threads):
        assert machine.loops_win() == win


def test_choices_follow_what_is_pretended_and_come_back() -> None:
    before = machine.vendor(), machine.vectors()
    with machine.pretend(vendor="amd", vectors="narrow"):
        assert machine.linear_by_onednn()
        assert not machine.lists_by_vectors()
        with machine.pretend(vendor="other"):
            assert not machine.linear_by_onednn()
            assert not machine.lists_by_vectors(), "what is not given stays as it is known"
        assert machine.linear_by_onednn()
    assert (machine.vendor(), machine.vectors()) == before


def test_what_was_pretended_is_forgotten_after_an_error() -> None:
    with pytest.raises(KeyError), machine.pretend(threads=77):
        raise KeyError
    assert machine.threads() != 77


def test_the_environment_says_it_for_a_whole_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_MACHINE", "threads=2, vendor=amd, vectors=narrow")
    assert (machine.threads(), machine.vendor(), machine.vectors()) == (2, "amd", "narrow")
    with machine.pretend(vendor="other"):
        assert machine.vendor() == "other"


@pytest.mark.parametrize("said", ["threads=0", "threads=many", "vendor=intel", "speed=9", "avx512"])
def test_what_is_not_known_is_refused_with_what_is(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_MACHINE", said)
    with pytest.raises(UsageError, match=r"CONVSCOPE_MACHINE says .*vectors=avx512 or narrow"):
        machine.threads()


def test_an_unknown_word_in_the_call_is_refused() -> None:
    with pytest.raises(UsageError, match=r"pretend\(\) says vendor=intel"), machine.pretend(vendor="intel"):  # type: ignore[arg-type]
        pass
