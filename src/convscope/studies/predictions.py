"""The predictions of an evaluation as tables, and the images that were answered wrongly as a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from convscope.data import Source
from convscope.data.located import as_file, located
from convscope.errors import ImageError
from convscope.training import ClassAccuracy

PREDICTIONS = "predictions.csv"
MISTAKES = "misclassified.csv"
HEAD = ("image", "label", "prediction", "probability", "rank")


def predictions_of(found: ClassAccuracy, names: Sequence[str]) -> bytes:
    """`predictions.csv`: a row an image, which is called so.

    Its name, class, best answer with its probability, and the place of its class among the answers.
    """
    return _table(_row(found, row, name) for row, name in enumerate(names))


def mistakes_of(found: ClassAccuracy, source: Source) -> Iterator[tuple[str, bytes]]:
    """The names and contents of `misclassified.csv`, with the same columns, and of the images that it needs.

    Images are named so that `list:misclassified.csv` opens them: by their paths where they are files, else by those of
    copies beside it.
    """
    told = found.predictions
    wrong: list[tuple[str, ...]] = []
    for row in told.mistakes.tolist():
        index = int(told.images[row])
        path = located(source, index)
        if path is None:
            try:
                ending, content = as_file(source, index)
            except ImageError:  # it was there a moment ago
                continue
            name = f"misclassified/{index:06d}{ending}"
            yield name, content
        else:
            name = str(path)
        wrong.append(_row(found, row, name))
    yield MISTAKES, _table(wrong)


def _row(found: ClassAccuracy, row: int, name: str) -> tuple[str, ...]:
    told = found.predictions
    label, answer = found.classes[told.labels[row]], found.answers[told.answers[row]]
    return name, label, answer, f"{told.probabilities[row]:.6f}", str(told.ranks[row])


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


__all__ = ["MISTAKES", "PREDICTIONS", "mistakes_of", "predictions_of"]
