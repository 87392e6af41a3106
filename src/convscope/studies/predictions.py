"""The predictions of an evaluation as tables, and the images that were answered wrongly as a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from convscope.data import Source
from convscope.data.located import as_file, located
from convscope.errors import ImageError
from convscope.training import ClassAccuracy
from convscope.training.predictions import ScoredImages

PREDICTIONS = "predictions.csv"
MISTAKES = "misclassified.csv"
HEAD = ("image", "label", "prediction", "probability", "rank")


def predictions_of(found: ClassAccuracy | ScoredImages, names: Sequence[str]) -> bytes:
    """`predictions.csv`: a row an image, which is called so.

    Its name, class, best answer with its probability, and the place of its class among the answers. Of labels, those
    that it has and that were answered, and the probability of each; of values, each as it was answered and as it is.
    """
    rows = range(len(names))
    return _table(_head(found), ((names[row], *cells) for row, cells in zip(rows, _cells(found, rows), strict=True)))


def mistakes_of(found: ClassAccuracy | ScoredImages, source: Source) -> Iterator[tuple[str, bytes]]:
    """The names and contents of `misclassified.csv`, with the same columns, and of the images that it needs.

    Images are named so that `list:misclassified.csv` opens them: by their paths where they are files, else by those of
    copies beside it.
    """
    told = found.predictions if isinstance(found, ClassAccuracy) else found
    wrong: list[tuple[str, ...]] = []
    rows = told.mistakes.tolist()
    for row, cells in zip(rows, _cells(found, rows), strict=True):
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
        wrong.append((name, *cells))
    yield MISTAKES, _table(_head(found), wrong)


def _head(found: ClassAccuracy | ScoredImages) -> tuple[str, ...]:
    if isinstance(found, ClassAccuracy) or found.sides:
        return HEAD
    if found.judges_classes:
        return (*HEAD[:3], *found.names)
    return (HEAD[0], *found.names, *(f"{name} true" for name in found.names))


def _cells(found: ClassAccuracy | ScoredImages, rows: Iterable[int]) -> Iterator[tuple[str, ...]]:
    """What stands in these rows beside the image."""
    for row in rows:
        if isinstance(found, ClassAccuracy):
            told = found.predictions
            label, answer = found.classes[told.labels[row]], found.answers[told.answers[row]]
            yield label, answer, f"{told.probabilities[row]:.6f}", str(told.ranks[row])
            continue
        scores, truth = found.scores[row], found.truth[row]
        if found.sides:
            said, there = int(scores[0] > 0.5), int(truth[0] > 0.5)
            share = scores[0] if said else 1 - scores[0]
            yield found.sides[there], found.sides[said], f"{share:.6f}", str(1 + (said != there))
        elif found.judges_classes:
            both = ("; ".join(compress(found.names, which > 0.5)) for which in (truth, scores))
            yield (*both, *(f"{score:.6f}" for score in scores))
        else:
            yield tuple(f"{value:.6g}" for value in (*scores, *truth))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


__all__ = ["MISTAKES", "PREDICTIONS", "mistakes_of", "predictions_of"]
