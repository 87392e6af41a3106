"""A report on the paper's claims as one HTML file: all that it shows is in it, and it prints as it stands.

No script runs on it and nothing is loaded. Figures are in it as PNG; what was measured beside its margin is drawn as
SVG, in the colours of the page, so that it is sharp in print.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import numpy as np

from convscope.methods.paper.judging import VERDICTS, ClaimVerdict, MeasuredClaim
from convscope.methods.paper.table import CONFIDENCE
from convscope.studies.claims import ToldClaim
from convscope.studies.tested import TestedClaim, counted_verdicts
from convscope.tables import printable

_KINDS: dict[ClaimVerdict, str] = {
    "agrees": "yes",
    "agrees, and so does a random network": "too",
    "disagrees": "no",
    "cannot tell": "open",
    "needs": "needs",
}
_ARGUMENT = re.compile(r"(?<![\w.])([a-z_]+)=(?=[),:;]|$)")
_OPTION = "--"  # what an option of the command line begins with
_WIDTH, _LEFT, _LINE = 560, 128, 22  # of a drawing, in its own units


def page_of(claims: Sequence[TestedClaim], *, network: str, images: str, seeds: int, drawn: str = "") -> bytes:
    """The page of a report. network, images: in words; seeds: of random weights; drawn: why there are no figures."""
    style = files("convscope.studies").joinpath("report_page.css").read_text("utf-8")
    title = f"The paper's claims on {_text(network)}"
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{title}</title><style>{style}</style></head><body>",
        f"<header><h1>{title}</h1>{_about(network, images, seeds, drawn)}</header>",
        f"<main>{_counts(claims)}{_overview(claims)}{''.join(map(_section, claims))}</main>",
        "</body></html>\n",
    ]
    return "\n".join(parts).encode()


def _text(value: object) -> str:
    return escape(printable(str(value)))


def _either(text: str) -> str:
    """A message that names arguments, for readers of whom some ask in Python and some by the command line."""
    return _ARGUMENT.sub(lambda one: f"{one[0]} or {_OPTION}{one[1].replace('_', '-')}", text)


def _about(network: str, images: str, seeds: int, drawn: str) -> str:
    beside = (
        f"beside it the same network with random weights, of {seeds} seed{'s' * (seeds > 1)}"
        if seeds
        else "random weights were left out, so nothing says whether training has made what is found"
    )
    missing = f"<p>No figures: {_text(drawn)}</p>" if drawn else ""
    return (
        "<p>What Zeiler &amp; Fergus, <cite>Visualizing and Understanding Convolutional Networks</cite> (2014), claim, "
        f"tested on <b>{_text(network)}</b> with {_text(images)}; {beside}. A claim holds where all of its "
        f"{100 * CONFIDENCE:g} % interval is on its side of the margin, and fails where all of it is on the other. "
        f"Every claim's statistic, direction, margin and least sample were set before.</p>{missing}"
    )


def _counts(claims: Sequence[TestedClaim]) -> str:
    cells = (
        f'<li class="{_KINDS[one]}"><b>{count}</b> {_text(_named(one))}<small>{_text(VERDICTS[one])}</small></li>'
        for one, count in counted_verdicts(claims).items()
    )
    return f'<ul class="counts">{"".join(cells)}</ul>'


def _named(one: ClaimVerdict) -> str:
    return "needs more" if one == "needs" else one


def _overview(claims: Sequence[TestedClaim]) -> str:
    rows = (
        f'<tr><td><a href="#{one.claim}">{_text(one.says.where)}</a></td><td>{_text(one.says.says)}</td>'
        f'<td class="{_KINDS[one.verdict]}"><span>{_text(_named(one.verdict))}</span></td></tr>'
        for one in claims
    )
    head = "<tr><th>paper</th><th>claim</th><th>verdict</th></tr>"
    return f'<table class="all"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def _section(one: TestedClaim) -> str:
    says, kind = one.says, _KINDS[one.verdict]
    told = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _facts(one) if value)
    body = "" if one.told is None else _measured(one, one.told)
    return (
        f'<section id="{one.claim}" class="{kind}"><h2><small>{_text(says.where)}</small> {_text(says.says)}</h2>'
        f'<p class="verdict"><span>{_text(_named(one.verdict))}</span> {_text(_either(one.why))}</p>'
        f"<dl>{told}</dl>{body}</section>"
    )


def _facts(one: TestedClaim) -> Iterator[tuple[str, str]]:
    says, told = one.says, one.told
    direction = says.direction if told is None else told.direction
    yield "the paper found", _text(says.found)
    yield "the statistic", _text(says.statistic)
    yield "it is to be", f"{direction} {one.shown(says.margin)}, of at least {says.least} {_text(says.sample)}"
    yield "held against", _text(says.control)
    if told is None:
        return
    yield "measured", _number(one, told.measured)
    yield "looked at", _text(told.looked)
    yield "worth knowing", _text(told.note)
    if told.random:
        yield "random weights", f"holds for {one.passed} of {len(told.random)} seeds"
    yield "took", f"{one.seconds:.0f} seconds" if one.seconds >= 1 else "less than a second"


def _number(one: TestedClaim, found: MeasuredClaim) -> str:
    if not np.isfinite(found.value):
        return ""
    interval = f", {one.shown(found.low)} to {one.shown(found.high)}" if np.isfinite(found.low) else ", no interval"
    p = "" if found.p is None else f", p {found.p:.2g}"
    return f"<b>{one.shown(found.value)}</b>{interval}, of {found.count} {_text(one.says.sample)}{p}"


def _measured(one: TestedClaim, told: ToldClaim) -> str:
    parts = [_drawn(one, told), _details(told)]
    if told.figure is not None:
        content = base64.b64encode(told.figure.tobytes()).decode()
        caption = _text(told.caption or one.says.says)
        image = f'<img src="data:image/png;base64,{content}" alt="{caption}">'
        parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    return "".join(parts)


def _details(told: ToldClaim) -> str:
    if not told.details:
        return ""
    random = any(np.isfinite(one.random) for one in told.details)
    rows = "".join(
        f"<tr><td>{_text(one.name)}</td><td>{_short(one.value)}</td>"
        f"{f'<td>{_short(one.random)}</td>' if random else ''}</tr>"
        for one in told.details
    )
    head = f"<tr><th>{_text(told.what)}</th><th>network</th>{'<th>random weights</th>' if random else ''}</tr>"
    return f'<table class="details"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _short(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3g}"


# -- what was measured, beside its margin -----------------------------------------------------------------------------
@dataclass(frozen=True)
class _DrawnScale:
    """Where numbers are on a drawing."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> _DrawnScale:
        known = [one for one in values if np.isfinite(one)]
        room = 0.08 * max(max(known) - min(known), 1e-6)
        return cls(min(known) - room, max(known) + room)

    def at(self, value: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - 16) * (value - self.low) / (self.high - self.low), 1)


def _drawn(one: TestedClaim, told: ToldClaim) -> str:
    """The network's interval and those of random weights, each a line, with the margin across."""
    if not np.isfinite(told.measured.value):
        return ""
    listed = [("network", told.measured), *((f"random, {n + 1}", found) for n, found in enumerate(told.random))]
    listed = [(name, found) for name, found in listed if np.isfinite(found.value)]
    margin = one.says.margin
    scale = _DrawnScale.of([margin, *(end for _, found in listed for end in (found.value, found.low, found.high))])
    height = _LINE * len(listed) + 34
    lines = "".join(_line(scale, at, name, found) for at, (name, found) in enumerate(listed))
    bottom, x = height - 26, scale.at(margin)
    side = f'x="{x}" width="{round(_WIDTH - 16 - x, 1)}"' if told.direction == "above" else (
        f'x="{_LEFT}" width="{round(x - _LEFT, 1)}"'
    )  # fmt: skip
    label = f"{one.says.where}: {one.shown(told.measured.value)}, to be {told.direction} {one.shown(margin)}"
    ends = ((scale.low, "start", _LEFT), (scale.high, "end", _WIDTH - 16))
    ticks = "".join(
        f'<text x="{place}" y="{height - 4}" text-anchor="{anchor}">{one.shown(value)}</text>'
        for value, anchor, place in ends
        if abs(place - x) > 120
    )
    anchor = "start" if x < _LEFT + 50 else "end" if x > _WIDTH - 66 else "middle"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{_text(label)}">'
        f'<rect class="side" y="4" height="{bottom - 4}" {side}/>'
        f'<line class="margin" x1="{x}" x2="{x}" y1="4" y2="{bottom}"/>{lines}{ticks}'
        f'<text x="{x}" y="{height - 4}" text-anchor="{anchor}">margin {one.shown(margin)}</text></svg>'
    )


def _line(scale: _DrawnScale, at: int, name: str, found: MeasuredClaim) -> str:
    y, kind = 16 + _LINE * at, "own" if at == 0 else "random"
    interval = ""
    if np.isfinite(found.low):
        interval = f'<line x1="{scale.at(found.low)}" x2="{scale.at(found.high)}" y1="{y}" y2="{y}"/>'
    return (
        f'<g class="{kind}"><text x="0" y="{y + 4}">{_text(name)}</text>{interval}'
        f'<circle cx="{scale.at(found.value)}" cy="{y}" r="{5 if at == 0 else 3.5}"/></g>'
    )


__all__ = ["page_of"]
