"""The thread of the bench: newest first, stale work left between steps, bounded, and ended at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from convscope.errors import UsageError
from convscope.live import engine as engines
from convscope.live.engine import WAITING, Engine, Job


class Fake:
    """A bench whose answers wait until they are let go on, and tell what is computed."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.steps: list[str] = []
        self.gate = threading.Event()

    def answer(self, tab: str, said: dict[str, Any], advanced: Callable[[float], None]) -> Iterator[dict[str, Any]]:
        name = said["name"]
        self.begun.append(name)
        if said.get("fails") == "usage":
            raise UsageError("this makes no sense")
        if said.get("fails") == "fault":
            raise RuntimeError("a fault")
        for step in range(said.get("steps", 1)):
            assert self.gate.wait(10)
            advanced((step + 1) / said.get("steps", 1))
            self.steps.append(f"{name}{step}")
            yield {"step": step}


class Heard(list[dict[str, Any]]):
    """The parts of an answer, and when it ended."""

    def __init__(self) -> None:
        self.end = threading.Event()

    def __call__(self, part: dict[str, Any]) -> None:
        self.append(part)
        if {"done", "stale", "error"} & set(part):
            self.end.set()

    def wait(self) -> dict[str, Any]:
        assert self.end.wait(10)
        return self[-1]


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def engine(fake: Fake) -> Iterator[Engine]:
    made = Engine(fake)  # type: ignore[arg-type]
    yield made
    fake.gate.set()
    made.close()
    assert made.join(10)


def ask(engine: Engine, kind: str, name: str, tab: str = "a", **more: Any) -> Heard:
    heard = Heard()
    engine.ask(tab, {"kind": kind, "name": name, **more}, heard)
    return heard


def begun(fake: Fake, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(fake.begun) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_an_answer_comes_part_by_part_and_ends(engine: Engine, fake: Fake) -> None:
    fake.gate.set()
    heard = ask(engine, "sweep", "s", steps=3)
    assert heard.wait() == {"done": True}
    assert [part["step"] for part in heard if "step" in part] == [0, 1, 2]


def test_quick_questions_go_before_slow_ones_and_the_newest_before_older(engine: Engine, fake: Fake) -> None:
    first = ask(engine, "sweep", "first", tab="z")
    begun(fake, 1)
    kinds = (("sweep", "sweep"), ("project", "older"), ("look", "look"))
    heard = [ask(engine, kind, name) for kind, name in kinds] + [ask(engine, "project", "newer", tab="b")]
    fake.gate.set()
    for one in (first, *heard):
        one.wait()
    # What has begun and yielded a part goes on last: nothing more of it is urgent.
    assert fake.begun == ["first", "look", "newer", "older", "sweep"]


def test_a_sweep_is_put_aside_between_its_parts(engine: Engine, fake: Fake) -> None:
    sweep = ask(engine, "sweep", "s", steps=3)
    begun(fake, 1)
    look = ask(engine, "look", "l")
    fake.gate.set()
    sweep.wait()
    look.wait()
    assert fake.steps.index("l0") == 1


def test_a_newer_question_of_its_kind_and_page_takes_the_place_of_one(engine: Engine, fake: Fake) -> None:
    running = ask(engine, "look", "running", steps=5)
    begun(fake, 1)
    waiting = ask(engine, "look", "waiting")
    other = ask(engine, "look", "other", tab="b")
    last = ask(engine, "look", "last")
    assert waiting.wait() == {"stale": True}  # at once, though the thread computes
    fake.gate.set()
    assert running.wait() == {"stale": True}
    assert last.wait() == other.wait() == {"done": True}
    assert "waiting" not in fake.begun
    assert fake.steps == ["last0", "other0"] or fake.steps == ["other0", "last0"]


def test_what_nobody_waits_for_is_left_at_the_next_step(engine: Engine, fake: Fake) -> None:
    heard = Heard()
    job = engine.ask("a", {"kind": "look", "name": "l", "steps": 9}, heard)
    begun(fake, 1)
    job.leave()
    fake.gate.set()
    assert heard.wait() == {"stale": True}
    assert fake.steps == []


def test_the_queue_is_bounded(engine: Engine, fake: Fake) -> None:
    ask(engine, "look", "running")
    begun(fake, 1)
    heard = [ask(engine, "look", str(n), tab=str(n)) for n in range(WAITING + 5)]
    assert engine.waiting == WAITING
    assert [one.end.is_set() for one in heard] == [True] * 5 + [False] * WAITING  # the oldest are left


def test_errors_are_told_and_the_thread_goes_on(engine: Engine, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.gate.set()
    assert ask(engine, "look", "a", fails="usage").wait() == {"error": "this makes no sense"}
    assert "RuntimeError: a fault" in ask(engine, "look", "b", fails="fault").wait()["error"]
    assert "could not be answered" in caplog.text
    assert ask(engine, "look", "c").wait() == {"done": True}


def test_an_answer_that_cannot_be_sent_ends_and_the_thread_goes_on(
    engine: Engine, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    fake.gate.set()
    ended = threading.Event()

    def broken(part: dict[str, Any]) -> None:
        if {"done", "stale", "error"} & set(part):
            ended.set()
        raise ValueError("the page is gone")

    engine.ask("a", {"kind": "look", "name": "l"}, broken)
    assert ended.wait(10)
    assert ask(engine, "look", "m").wait() == {"done": True}
    assert "could not be sent" in caplog.text


def test_closing_ends_everything_at_the_next_step(fake: Fake) -> None:
    engine = Engine(fake)  # type: ignore[arg-type]
    running, waiting = ask(engine, "sweep", "s", steps=99), ask(engine, "look", "l", tab="b")
    begun(fake, 1)
    engine.close()
    assert running.wait() == waiting.wait() == {"stale": True}
    fake.gate.set()
    assert engine.join(10)
    assert ask(engine, "look", "late").wait() == {"stale": True}


def test_progress_is_told_in_tenths_and_of_what_comes_at_once_none(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    quick = Job("a", {"kind": "look"}, heard, 0)
    for share in range(65):
        quick.advanced(share / 64)
    assert heard == []
    monkeypatch.setattr(engines, "PATIENCE", 0.0)
    job = Job("a", {"kind": "look"}, heard, 0)
    for share in range(65):
        job.advanced(share / 64)
    told = [part["progress"] for part in heard]
    assert len(told) in range(8, 11)
    assert told == sorted(told)
