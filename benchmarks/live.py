"""Does the bench answer while one looks? From event to paint in Chromium, with the server as the command starts it.

    python -m benchmarks.live [--quick] [--model MODEL ...]

Ratios are budget over measured, by the 95th percentile. Budgets, for zoo:squeezenet1_1 on two cores: from a chosen file
to classes and strongest units painted 300 ms; from a click on a unit to its projection painted 400 ms; between paints
one after the other while a square is dragged for five seconds 125 ms (places that were skipped are no answers). The
answer at the last place is compared with `occlude` there, as far as the page writes it (a tenth of a per cent).

History, two cores shared with six other programs (load 5 to 7), the server with one thread, 50 repetitions: photo to
units median 398, 95 % 605 ms; click 258, 554; drag 128, 170. Then what is moved is asked before the paint, rows are
not drawn again while a square moves and no answer has come, photos are reduced once for all tiles: photo 255, 570;
click 182, 330; drag 134, 205 (38 and 36 answers in 5 s). Of a drag's answer the server computes 24 ms of one core, of
a new photo 18, of a projection of the last layer 25; waiting for a core doubled that. Then, load 6, 20 repetitions, by
the processes' own times of processors: a photo takes 95 ms in Chromium's renderer, 56 in its other processes, 32 in
the server; a click 78, 74, 51; a drag's answer 67, 30, 51: drawing in software is most of it. Within the server, one
thread: a photo is decoded and resized in 2 ms, written as PNG in 4, looked at in 15; a square is pushed in 19, where a
whole run takes 11. Alone on the machine (load 1.5 to 3), 50
repetitions, median and 95 %: zoo:squeezenet1_1 photo 99, 125 ms, click 82, 148, drag 57, 82 (82 answers in 5 s);
zoo:zfnet 114, 144, 100, 145, 84, 94 (63); ResNet-18 147, 219, 115, 214, 113, 166 (42).
Then what goes without is left out: of an answer that comes at once nothing is said before it (each tenth was a line
and drew the page again), a page takes it before its end is told, rows out of sight are not drawn, the photo is
enlarged once, only the photo's panel follows the square between answers, a handle moves without a layout, and a
square is pushed from four times fewer operations on (one push against one run, one thread: SqueezeNet 19 and 9 ms,
ZFNet 24 and 26, ResNet-18 41 and 37, for 1.9, 3.2 and 2.1 times fewer). Beside each other at load 11 to 14, nice -15,
--quick, before and after: photo median 272, 95 % 500 ms and 171, 249; click 342, 923 and 169, 361; drag 199, 336 (15
answers in 3 s) and 75, 127 to 132 (38). Then progress is told after 0.2 s, and between
answers only the photo follows the square: zoo:squeezenet1_1 photo 81, 116, click 81, 153, drag 61, 76 (82). With
silenced units in everything, and rules in words: docs/bench.md.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import convscope
from benchmarks.harness import Case, arguments, report
from convscope.data import load_image
from tests.web.conftest import ARGUMENTS, CHROMIUM

MODELS = ("zoo:squeezenet1_1", "zoo:zfnet", "py:benchmarks._models:resnet18")
PHOTO, CLICK, DRAG = 300, 400, 125  # milliseconds
REPEATS, SECONDS = 50, 5.0

# Before the page's own scripts: when what it marks as drawn is painted, and when events came.
PROBE = """
window.painted = {glance: [], projection: []};
const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => { for (const name of waiting.splice(0)) window.painted[name].push(performance.now()); };
const mark = performance.mark.bind(performance);
performance.mark = (name, how) => {
  requestAnimationFrame(() => { waiting.push(name); channel.port2.postMessage(0); });
  return mark(name, how);
};
window.came = {};
for (const name of ["change", "click"]) {
  addEventListener(name, (event) => { window.came[name] = event.timeStamp; }, true);
}
"""


@contextmanager
def served(model: str) -> Iterator[str]:
    """The address of the bench of a model, served by another process."""
    command = [sys.executable, "-m", "convscope", "serve", model, "--port", "0", "--json", "--classes", "1000"]
    if model.startswith("zoo:squeezenet"):
        command = command[:-2]
    if model.startswith("py:"):
        command += ["--preprocess", "imagenet", "--input-size", "224"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("}"):
                break
        else:
            raise SystemExit(f"{' '.join(command)} ended before it served anything")
        yield json.loads(said)["address"]
        process.terminate()


def photos(folder: Path) -> list[Path]:
    """A few of the sample photos as JPEG files."""
    source, found = convscope.open_source("samples:", limit=6), []
    for index in range(len(source)):
        found.append(folder / f"{index}.jpg")
        Image.fromarray(load_image(source, index)).save(found[-1], quality=92)
    return found


def last(page: Any, name: str, since: float, *, quiet: float = 250) -> float:
    """When the last paint of a kind after a time was, once nothing more has been painted for a while."""
    while True:
        times, now = page.evaluate("(name) => [window.painted[name], performance.now()]", name)
        after = [time for time in times if time > since]
        if after and now - after[-1] > quiet:
            return after[-1]
        if now - since > 60_000:
            raise TimeoutError(f"nothing was painted within a minute: {name}")
        page.wait_for_timeout(20)


def photo_times(page: Any, files: list[Path], repeats: int) -> list[float]:
    """Milliseconds from choosing a file to its classes and units painted; the first, which warms up, is left out."""
    found = []
    for number in range(repeats + 1):
        page.set_input_files("#file", files[number % len(files)])
        came = page.evaluate("window.came.change")
        found.append(last(page, "glance", came) - came)
    return found[1:]


def click_times(page: Any, repeats: int) -> list[float]:
    """Milliseconds from a click on a unit, of each layer in turn, to its projection painted."""
    count, found = page.locator(".tile-button").count(), []
    for number in range(repeats + 1):
        page.locator(".tile-button").nth(number * 7 % count).click()
        came = page.evaluate("window.came.click")
        found.append(last(page, "projection", came) - came)
    return found[1:]


def drag_times(page: Any, seconds: float) -> tuple[list[float], tuple[int, int], dict[str, float]]:
    """Milliseconds between paints while a square is dragged; where it was left, and the scores painted there."""
    box = page.locator(".stage").bounding_box()
    middle, reach = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), box["width"] * 0.36
    page.mouse.move(*middle)
    page.mouse.down()
    begin, now = page.evaluate("performance.now()"), 0.0
    while now < seconds:
        turn = 2 * math.pi * now / 2.5
        page.mouse.move(middle[0] + reach * math.cos(turn), middle[1] + reach * math.sin(turn))
        now = (page.evaluate("performance.now()") - begin) / 1000
    end = page.evaluate("performance.now()")
    page.mouse.up()
    last(page, "glance", begin)
    times = [time for time in page.evaluate("window.painted.glance") if begin <= time <= end]
    page.wait_for_timeout(500)  # the address follows
    at = page.evaluate("location.hash.match(/cover=([0-9]+),([0-9]+)/).slice(1).map(Number)")
    names, texts = (page.locator(f".answer-{part}").all_text_contents() for part in ("name", "score"))
    scores = {name: float(text.strip("< %")) / 100 for name, text in zip(names, texts, strict=True)}
    return list(np.diff(times)), (at[0], at[1]), scores


def difference(model: str, file: Path, at: tuple[int, int], scores: dict[str, float]) -> float | None:
    """How far what was painted is from `occlude` with the square there; None for a network without names."""
    told = {"preprocess": "imagenet", "input_size": 224} if model.startswith("py:") else {}
    net = convscope.load(model, **told)
    if net.classes is None:
        return None
    size = round(min(net.input_shape[1:]) * 48 / 225)
    corner = (round(at[0] - size / 2), round(at[1] - size / 2))
    if min(corner) < 0:
        return None
    names = [name for name in scores if name in net.classes][:3]
    # One position of a grid that begins there: all of them, every pixel, would take minutes.
    stride = (max(corner[0], 1), max(corner[1], 1))
    found = convscope.occlude(net, file, size=size, stride=stride, target=names).found
    row, column = (min(one, 1) for one in corner)
    wanted = [float(found.covered.probabilities[0, n, row, column]) for n in range(len(names))]
    return max(abs(scores[name] - one) for name, one in zip(names, wanted, strict=True))


def percentile(times: list[float], share: float = 0.95) -> float:
    """The smallest time that so many of the times do not exceed."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


def spread(times: list[float]) -> str:
    """Milliseconds in words."""
    return f"median {statistics.median(times):.0f}, 95 % {percentile(times):.0f}, worst {max(times):.0f} ms"


def measure(browser: Any, model: str, files: list[Path], *, repeats: int, seconds: float) -> list[Case]:
    """The cases of one model."""
    with served(model) as address:
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.add_init_script(PROBE)
        page.goto(address)
        page.wait_for_selector("#file", state="attached", timeout=120_000)
        photo = photo_times(page, files, repeats)
        click = click_times(page, repeats)
        page.reload()
        page.set_input_files("#file", files[0])
        last(page, "glance", 0)
        drag, at, scores = drag_times(page, seconds)
        page.context.close()
    differs = difference(model, files[0], at, scores)
    target = 1 if model == MODELS[0] else None
    note = f"{spread(drag)}, {len(drag) + 1} answers in {seconds:g} s"
    return [
        Case(f"{model}: photo to units", "budget", PHOTO / percentile(photo), target=target, note=spread(photo)),
        Case(f"{model}: click to projection", "budget", CLICK / percentile(click), target=target, note=spread(click)),
        Case(f"{model}: drag", "budget", DRAG / percentile(drag), target=target, max_difference=differs, note=note),
    ]


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--model", action="append", help="measure this one instead; may be repeated")
    chosen = parser.parse_args(argv)
    if CHROMIUM is None:
        print(json.dumps({"name": "live", "skipped": "no chromium"}))
        return
    from playwright.sync_api import sync_playwright

    models = chosen.model or (MODELS[:1] if chosen.quick else MODELS)
    repeats, seconds = (15, 3.0) if chosen.quick else (REPEATS, SECONDS)
    cases = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        files = photos(Path(folder))
        for model in models:
            made = measure(browser, model, files, repeats=repeats, seconds=seconds)
            for case in made:  # at once: the next network may not load
                print(f"{case.case}: {case.note}", flush=True)
            cases += made
        browser.close()
    report("live", cases)


if __name__ == "__main__":
    main()
