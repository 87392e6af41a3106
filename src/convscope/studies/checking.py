"""Whether a network is the module that it was traced from, and what is shown of its units is so: a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from torch import nn
from torch.export import ExportedProgram

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.atlas.checked import note_check
from convscope.data import Images
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.methods.checking import Certificate, certify
from convscope.models import load_with_module
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, expect_network
from convscope.studies.charting import of_check
from convscope.studies.pictures import SeenImages, look_at
from convscope.tables import TextTable, columns_of, csv_of, without_nan

ENOUGH = 2
"""Images that are looked at where no number is named: more take time and show little more."""

_CAPTION = (
    "How far apart what was compared is, relative to what it was compared with; the line is what rounding may make."
)


@dataclass(eq=False, repr=False)
class Check(Answer):
    """The certificate of a network; `seen` are the images that it was asked on, None for noise."""

    found: Certificate
    seen: SeenImages | None = None

    @property
    def holds(self) -> bool:
        """Whether everything that was tried agrees."""
        return self.found.holds

    @property
    def summary(self) -> str:
        """The verdict, and what rests on it."""
        return self.found.sentence

    def rows(self) -> list[Row]:
        """One row for each kind of evidence."""
        return [
            {
                "evidence": one.name,
                "verdict": one.verdict,
                "compared": one.cases,
                "worst": one.worst,
                "bound": one.bound,
                "where": one.where,
                "what": one.what,
                "note": one.note,
            }
            for one in self.found.evidence
        ]

    def to_json(self) -> dict[str, Any]:
        """The certificate."""
        images = None if self.seen is None else list(self.seen.names)
        return without_nan({**self.found.to_json(), "images": images})

    def tables(self) -> Sequence[TextTable]:
        """One row for each kind of evidence, in words; then what was assumed."""
        cells = ((one.name, one.sentence) for one in self.found.evidence)
        assumed = ((what, "") for what in self.found.assumed)
        return [columns_of(("evidence", ""), cells, left=2), columns_of(("taken for granted", ""), assumed, left=2)]

    def remarks(self) -> list[str]:
        """Images that were left out, and what is worth knowing of the layers."""
        return [*([] if self.seen is None else self.seen.remarks), *self.found.remarks]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The certificate in words and as JSON, and every comparison."""
        yield "certificate.txt", self.text().encode()
        yield "certificate.json", json_bytes(self.to_json())
        yield "compared.csv", csv_of([vars(one) for one in self.found.compared])

    def text(self) -> str:
        """The certificate in words."""
        found = self.found
        lines = [
            found.sentence,
            "",
            *(f"{one.name}: {one.sentence}" for one in found.evidence),
            "",
            "Taken for granted, as no comparison decides it:",
            *(f"  {what}" for what in found.assumed),
            *(["", *found.remarks] if found.remarks else []),
            "",
            f"network {found.fingerprint}, seed {found.seed}",
        ]
        return "\n".join(lines) + "\n"

    def drawings(self) -> Mapping[str, Figure]:
        """How far apart everything is that was compared."""
        return {"check.png": Figure(_CAPTION, self._draw)} if self.found.compared else {}

    def _draw(self) -> bytes:
        from convscope.figures.checking import draw
        from convscope.figures.style import rendered

        return rendered(draw(self.found))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The evidence; the images where the atlas has them."""
        images = () if self.seen is None else self.seen.in_atlas(atlas)
        settings = {"seed": self.found.seed, "assumed": list(self.found.assumed)}
        rows = [without_nan(row) for row in self.rows()]
        title, charts = "Is the network the module, and are its pictures right?", of_check(self.found)
        return AtlasEntry("check", title, rows, (), images, settings, charts=charts)

    def add_to(self, atlas: Atlas, name: str | None = None) -> Path | None:
        """Show it in an atlas, and note its sentence in the manifest.

        Raises:
            StoreError: where the atlas cannot be written. UsageError: for a malformed name.
        """
        made = super().add_to(atlas, name)
        atlas.manifest.update(note_check(atlas.path, self.summary, holds=self.holds))
        return made


@checked
def check(
    model: Network | str,
    images: Images | None = None,
    *,
    module: nn.Module | ExportedProgram | None = None,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Check:
    """A certificate for a network: that it computes what its module does, and what is shown of its units is so.

    Outputs, layers and gradients are held against the module's own, in double precision; projections of units drawn at
    random, by each rule, against autograd over the network's steps with the rule written out; receptive fields against
    the support of the gradient, with gates held and exact; three runs against each other. What no comparison can
    decide, such as what the output means, is listed. A minute is enough for a ResNet-18.

    Args:
        model: a network, or how one is spelled, whose module is then known. One that gives another answer each time
            fails, by the names of the steps that draw numbers.
        images: of any kind, see docs/grammar.md; None for noise.
        module: what the network was traced from; without it nothing is said of its being that module.
        store: a folder for the certificate in words and as JSON, and every comparison.
        layers: where units are drawn; None for eight from the first to the last.
        limit: at most so many images, evenly spread; None for two.
        seed: of the units, the positions and the noise.
        atlas: an atlas of the network that is to show it, under `name`; its manifest then has the sentence.
        progress: called with the kinds of evidence that are done.

    Raises:
        UsageError: for a module that does not run on such images or has other outputs, or one beside a spelling.
            UnknownLayer: for a layer that does not exist. ImageError, SourceError: for images that cannot be read.
            StoreError: where the folder cannot be written.

    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 2, 3))
    >>> found = check(Network.trace(layers, (3, 12, 12)), module=layers)
    >>> found.holds, len(found.rows())
    (True, 11)
    """
    if isinstance(model, str):
        if module is not None:
            raise UsageError(f"model={model!r} is loaded with its module: leave module= out, or give a network")
        model, module = load_with_module(model, randomness="allow")
    expect_network(model)
    shown = atlas_of(atlas, model)
    pictures = None if images is None else look_at(model, images, limit=ENOUGH if limit is None else limit)
    asked = question(model, None if pictures is None else pictures.seen, layers=layers, seed=seed)
    Check.expect_place(store, asked)
    found = certify(
        model,
        None if pictures is None else pictures.inputs,
        module=module,
        layers=layers,
        seed=seed,
        progress=progress or silent,
    )
    answer = Check(found, None if pictures is None else pictures.seen)
    return finished(answer, store=store, asked=asked, atlas=shown, name=name, progress=progress)


__all__ = ["Check", "check"]
