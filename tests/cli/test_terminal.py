"""What is shown where: results, remarks, tables, progress."""

import io
import json
from collections.abc import Iterator

import pytest

from convscope.cli.terminal import Terminal
from convscope.progress import PlainProgress, duration, estimate
from convscope.tables import aligned


def terminal(**options: bool) -> Terminal:
    return Terminal(out=io.StringIO(), err=io.StringIO(), **options)


def texts(screen: Terminal) -> tuple[str, str]:
    assert isinstance(screen.out, io.StringIO)
    assert isinstance(screen.err, io.StringIO)
    return screen.out.getvalue(), screen.err.getvalue()


def test_results_and_remarks_go_to_different_streams() -> None:
    screen = terminal()
    screen.say("a result")
    screen.remark("a remark")
    screen.result({"not": "shown"})
    assert texts(screen) == ("a result\n", "a remark\n")


def test_json_replaces_the_text_and_keeps_remarks_apart() -> None:
    screen = terminal(json=True)
    screen.say("text")
    screen.table(["name"], [["conv"]])
    screen.remark("a remark")
    screen.result({"name": "größe", "values": [1, None]})
    out, err = texts(screen)
    assert json.loads(out) == {"name": "größe", "values": [1, None]}
    assert err == "a remark\n"


def test_json_refuses_numbers_that_json_does_not_know() -> None:
    with pytest.raises(ValueError, match="JSON"):
        terminal(json=True).result({"value": float("nan")})


def test_quiet_keeps_the_result_alone() -> None:
    screen = terminal(quiet=True)
    screen.say("a result")
    screen.remark("a remark")
    with screen.progress() as progress:
        progress("scan", 0, 2)
        progress("scan", 2, 2)
    assert texts(screen) == ("a result\n", "")


def test_how_long_work_will_take_is_a_remark_while_it_goes_on() -> None:
    screen = terminal()
    with screen.progress():
        estimate("the others take about 1:20")
    estimate("nobody listens")
    assert texts(screen) == ("", "the others take about 1:20\n")


def test_table_is_aligned_and_never_cut() -> None:
    lines = aligned([["layer", "units"], ["a" * 200, "7"], ["b", "1000"]], right=[1])
    assert lines == ["layer".ljust(200) + "  units", "a" * 200 + "      7", "b".ljust(200) + "   1000"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def plain(times: list[float]) -> tuple[PlainProgress, list[str]]:
    """Plain progress that looks at a clock with these readings, and the lines that it writes."""
    lines: list[str] = []
    clock: Iterator[float] = iter(times)
    return PlainProgress(lines.append, every=10, clock=lambda: next(clock)), lines


def test_plain_progress_says_start_end_and_little_between() -> None:
    progress, lines = plain([0, 4, 10, 12, 50])
    for done in (0, 20, 50, 60, 100):
        progress("scan", done, 100)
    assert lines == ["scan: 0/100", "scan: 50/100, 5/s, 10 s left", "scan: 100/100, 2/s, took 50 s"]


def test_plain_progress_counts_only_what_was_done_now() -> None:
    progress, lines = plain([0, 10])
    progress("scan", 60, 100)  # a scan that goes on
    progress("scan", 80, 100)
    assert lines == ["scan: 60/100", "scan: 80/100, 2/s, 10 s left"]


def test_plain_progress_says_the_end_once_and_begins_each_stage() -> None:
    progress, lines = plain([0, 1, 2, 3])
    progress("scan", 0, 2)
    progress("scan", 2, 2)
    progress("scan", 2, 2)
    progress("project", 3, 3)
    assert lines == ["scan: 0/2", "scan: 2/2, 2/s, took 1 s", "project: 3/3"]


def test_bars_are_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal(out=io.StringIO(), err=Screen())
    with screen.progress() as progress:
        for done in range(5):
            progress("scan", done, 4)
    assert "4/4" in texts(screen)[1]
    assert "\x1b[" in texts(screen)[1]
