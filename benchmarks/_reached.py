"""The tables of `benchmarks.architectures` for a document: by library, failures by cause, all networks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._families import Member
from benchmarks.harness import put_between

#: What a cause comes to, by what it says; the first that fits.
_KINDS = (
    (r"takes \d+ inputs", "more than one input"),
    (r"three-dimensional|one-dimensional", "volumes, videos or signals, not images"),
    (
        r"Couldn't load custom C\+\+ ops|compiled operators do not load",
        "operators that were not compiled here: the module itself did not run",
    ),
    (r"the module itself runs on no size", "the module itself did not run on one batch of images"),
    (r"makes no module of it", "the library makes no module of its defaults"),
    (r"random", "another answer each time"),
    (r"cannot be exported", "torch.export cannot follow it"),
    (r"more than|did not end|allocate memory", "over the limits of this run"),
    (r"refused", "refused otherwise"),
    (r"the module gives", "outputs of another shape"),
    (r"\w+(Error|Exception)\b", "a fault"),
)


_NOT_RUN = re.compile(r"the module itself runs on no size|compiled operators do not load|makes no module of it")


_ROUNDING = "rounding"


def has_run(found: dict[str, Any]) -> bool:
    """Whether the module itself ran, so that there is something to hold the network against."""
    return not _NOT_RUN.search(found.get("cause") or "")


def kind(found: dict[str, Any]) -> str:
    """What kept a network from being exact, in a few words."""
    if cause := found.get("cause"):
        return next((words for pattern, words in _KINDS if re.search(pattern, cause)), "a fault")
    if found.get("beyond"):
        return "a field that is too small"
    if 10 * found.get("itself", 0) >= max(found["outputs"], found["projections"]):
        return f"{_ROUNDING}, of which the module itself makes as much"
    return "outputs or projections that differ"


def write(path: Path, weighed: Sequence[Member], seen: list[dict[str, Any]], is_exact: Callable[[Any], bool]) -> None:
    """Puts the tables between the marks of a document."""
    good = [one for one in seen if is_exact(one)]
    bad = [one for one in seen if not is_exact(one)]
    made_of = {key: sorted({one[key] for one in seen if key in one}) for key in ("torch", "processor")}
    convolutional, ran = sum(one.convolutional for one in weighed), sum(map(has_run, seen))
    near = len(good) + sum(kind(one).startswith(_ROUNDING) for one in bad)
    lines = [
        f"{len(good)} of the {ran} networks whose module ran are exact ({len(good) / max(1, ran):.1%}), or with "
        f"those that are as near to it as it is to itself {near} ({near / max(1, ran):.1%}), of {len(seen)} looked at; "
        f"{convolutional} of {len(weighed)} families are convolutional. Measured with torch "
        f"{', '.join(made_of['torch'])}, on {', '.join(made_of['processor'])}.",
        "",
        *_by_library(weighed, seen, is_exact),
        "",
        "### What is not exact, by cause",
        "",
        *_by_cause(bad),
        "",
        "### What is exact",
        "",
        *_all(good),
        "",
    ]
    put_between(path, "architectures", "\n".join(lines))


def _by_library(weighed: Sequence[Member], seen: list[dict[str, Any]], is_exact: Callable[[Any], bool]) -> list[str]:
    lines = [
        "| library | families | looked at | exact | worst output | worst projection | fields tight |",
        "|---|---|---|---|---|---|---|",
    ]
    for library in dict.fromkeys(one.library for one in weighed):
        mine = [one for one in seen if one["library"] == library]
        good = [one for one in mine if is_exact(one)]
        release = "/".join(sorted({one[library] for one in mine}))
        maps = sum(one["fields"] for one in good)
        worst = [f"{max((one[of] for one in good), default=0.0):.0e}" for of in ("outputs", "projections")]
        tight = f"{sum(one['tight'] for one in good)} of {maps}"
        families = sum(one.library == library and one.convolutional for one in weighed)
        lines.append(
            f"| {library} {release} | {families} | {len(mine)} | {len(good)} | {' | '.join(worst)} | {tight} |"
        )
    return lines


def _by_cause(bad: list[dict[str, Any]]) -> list[str]:
    lines = ["| cause | network | what was said |", "|---|---|---|"]
    often = Counter(map(kind, bad))
    for cause, count in often.most_common():
        for one in (one for one in bad if kind(one) == cause):
            said = one.get("cause") or ", ".join(f"{of} {one[of]:.0e}" for of in ("outputs", "projections", "beyond"))
            words = re.sub(r"\s+", " ", said.replace("|", "/")).removeprefix("refused: ")[:160]
            lines.append(f"| {cause} ({count}) | {one['library']}: {one['network']} | {words} |")
    return lines


def _all(good: list[dict[str, Any]]) -> list[str]:
    lines = ["| family | network | input | steps | outputs | projections |", "|---|---|---|---|---|---|"]
    for one in good:
        apart = " | ".join(f"{one[of]:.0e}" for of in ("outputs", "projections"))
        lines.append(
            f"| {one['family']} | {one['library']}: {one['network']} | {one['side']} | {one['steps']} | {apart} |"
        )
    return lines
