"""What the columns of answers' tables are called on an atlas's page, in words, and what their numbers mean.

A column that is not named here is in the table's file and not on the page. A name may end in "*": it stands for all
columns that begin so, and its words say "{}" for the rest, such as the layer in "relative conv1".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ColumnWords = tuple[str, str]

_IMAGE = ("Image", "")
_LAYER = ("Layer", "")
_CLASS = ("Class", "The class that is followed: the most probable one of the uncovered image unless another was named.")
_LIKE = "median cosine of projections: 1 alike, 0 unrelated"
_FREQUENCIES = "mean share of the first filters' energy at these frequencies"
_KEPT = "share of the unit's activation that survives"
_FROM = ("From", "Lower end of its interval of 95 %.")
_TO = ("To", "Upper end of its interval.")

COLUMNS: Mapping[str, Mapping[str, ColumnWords]] = {
    "occlusion": {
        "image": _IMAGE,
        "class": _CLASS,
        "output": ("Output", "What is followed."),
        "unit": ("Unit", "What is followed."),
        "probability": ("Uncovered", "Probability of the class without the square."),
        "value": ("Uncovered", "Its value without the square."),
        "least": ("Least", "The lowest with a square laid over the image somewhere."),
        "covered": ("Where", "That square: first row, first column, last row, last column, in the input's pixels."),
        "changed": ("Answer changes", "Share of the places at which another class becomes the most probable."),
        "map": ("Map", "The unit whose activation was followed besides: the strongest of its layer."),
        "activation": ("Its activation", "Summed over the map, without the square."),
        "least activation": ("Least", "The lowest activation of the map with a square somewhere."),
        "map covered": ("Where", "The square that does that."),
        "class *": ("Class {}", "A further class that was followed."),
        "probability *": ("Uncovered, class {}", "Its probability without the square."),
        "least *": ("Least, {}", "The lowest with a square somewhere."),
    },
    "invariance": {
        "transformation": ("Change", "What was done to the images."),
        "by": ("By", "How much: pixels, a factor, or degrees."),
        "relative *": ("{} moves", "How far its features move, by their length in the image as it is: 0 not at all."),
        "probability": ("Probability", "Of the image's class, mean over images."),
        "value": ("Output", "Mean over images."),
        "kept": ("Class kept", "Share of images whose most probable class is their class."),
        "*": ("{}", "Activation of a unit that was followed, mean over images."),
    },
    "correspondence": {
        "layer": _LAYER,
        "part": ("Part", "What was covered in every image."),
        "images": ("Images", "How many show the part."),
        "mean": ("Signs differ", "Share of features whose change has different signs in two images, over all pairs: "
                 "the lower, the more alike covering the part acts."),
        "low": ("From", "Lower end of its interval, images drawn again."),
        "high": ("To", "Upper end of its interval."),
        "aligned": ("Elsewhere", "The same for places that are no part, at the same relative place of all objects."),
        "aligned_p": ("Rank", "Of the part among those places: how likely a place that is no part would do as well."),
        "floor": ("Least rank", "The least that so few places allow, of the best of all: about 1 / (places + 1)."),
        "corrected": ("Corrected", "That rank, corrected for how many there are."),
        "untrained_p": ("Untrained", "The same rank with random weights."),
        "disjoint": ("Places", "How many places there are that share nothing: fewer than 20 tell nothing."),
        "verdict": ("Verdict", "Whether the part corresponds more than other places, and not with random weights too."),
    },
    "causes": {
        "unit": ("Unit", "What was asked about, and where in its map."),
        "activation": ("Activation", "The unit's own."),
        "cause": ("Is fed by", "The unit that feeds it, and where."),
        "amount": ("Which gives", "How much of the activation it accounts for; below zero it holds the unit back."),
        "value": ("Being at", "The activation of what feeds it."),
        "image": _IMAGE,
    },
    "effects": {
        "unit": ("Unit", "What was silenced."),
        "class": ("Class", "Whose score is looked at."),
        "change": ("Change", "Of the class's score over all images, when the unit is silenced."),
        "low": ("From", "Lower end of its interval."),
        "high": ("To", "Upper end of its interval."),
        "control": ("Controls", "The same change when units as active as it are silenced."),
        "own": ("Own images", "The change on the class's own images."),
        "lost": ("Lost", "Right answers on the class's images that are lost without the unit."),
        "gained": ("Gained", "Right answers that are gained."),
        "of": ("Of", "How many images the class has."),
        "tested": ("Tested", "Whether it falls more, or less, than its controls on the half that did not choose it."),
    },
    "directions": {
        "direction": ("Direction", ""),
        "often": ("Active", "Share of positions at which it is active."),
        "strength": ("Strength", "Its mean where it is active."),
        "copy": ("Likest", "Largest cosine with another direction of the set: 1 is a copy."),
        "again": ("Found again", "Largest cosine with a direction that was learned from another beginning."),
        "unit_*": ("Unit {}", "A unit that is much of it, the closest first."),
        "part_*": ("Its part {}", "How much of the direction that unit is."),
    },
    "mistakes": {
        "image": _IMAGE,
        "label": ("Is", "The image's label."),
        "answer": ("Taken for", "The network's answer."),
        "contrast": ("By", "Logit of the answer less that of the label."),
        "answer_score": ("Score", "Of the answer."),
        "label_score": ("Score of the label", ""),
        "rank": ("Rank", "Of the label among the answers."),
        "unit": ("Unit", "The one that speaks most for the answer against the label."),
        "amount": ("Speaks by", "How much of the contrast it accounts for."),
        "silenced": ("Silenced", "The contrast without the unit: below zero the answer is right."),
    },
    "evolution": {
        "layer": _LAYER,
        "epoch": ("Epoch", ""),
        "like final": ("Like final", "Mean correlation of units' responses with those at the last checkpoint."),
        "like previous": ("Like before", "The same with the checkpoint before."),
        "chance": ("Chance", "The same between different units: what unrelated units have."),
        "final image": ("Final image", "Share of units that the image excites most that will in the end."),
        "jumped": ("Jumped", "Share of units that another image excites most than at the checkpoint before."),
        "responding": ("Responding", "Share of units that some image excites."),
        "units settled": ("Settled", "Share of units that stay like their end from here on."),
        "units settle at": ("Settle at", "The mean epoch at which the layer's units settle."),
        "from": ("From", "Lower end of its interval of 95 %, units drawn again."),
        "to": _TO,
    },
    "evaluation": {
        "class": ("Class", "Of the images."),
        "measure": ("Measure", ""),
        "images": ("Images", "How many were judged."),
        "top1": ("Right", "Share of them whose best answer is their class."),
        "value": ("Value", ""),
        "low": ("From", "Lower end of its interval, 95 %."),
        "high": ("To", "Upper end of its interval."),
    },
    "diagnosis": {
        "network": ("Network", ""),
        "layer": ("Layer", "The first convolution."),
        "filters": ("Filters", "How many."),
        "kernel": ("Size", "Of a filter, in pixels."),
        "stride": ("Stride", ""),
        "dead": ("Dead", "Filters that are nearly zero, or that no image excites."),
        "dead from": _FROM,
        "dead to": _TO,
        "redundant": ("Redundant", "Filters that others repeat."),
        "rms ratio": ("Strongest to median", "Root mean squares of the strongest filter and of the median one."),
        "dominating": ("Dominating", "Filters far stronger than the rest."),
        "at limit": ("At the limit", "Filters that share the largest root mean square, as a limit makes them."),
        **{
            f"{band} frequencies{end}": words
            for band in ("low", "middle", "high")
            for end, words in (("", (f"{band} frequencies", _FREQUENCIES)), (" from", _FROM), (" to", _TO))
        },
        "beyond stride": ("Beyond the stride", "Share of energy at frequencies that the stride folds into others."),
        "beyond stride from": _FROM,
        "beyond stride to": _TO,
        "blocks dB": ("Blocks", "How far the stride's own frequencies stand out of projections, in decibels."),
        "blocks dB from": _FROM,
        "blocks dB to": _TO,
        "blocks share": ("Their share", "Of the energy of projections."),
        "blocks share from": _FROM,
        "blocks share to": _TO,
    },
    "sanity": {
        "layer": _LAYER,
        "rule": ("Rule", "How projections are made."),
        "verdict": ("Verdict", "What projections of the layer say: what a unit responds to, where, or neither."),
        "units": ("Units", "How many were looked at."),
        "images": ("Images", "On how many."),
        "own_area": ("Area", "Area under the unit's activation while tiles are covered in the projection's order: "
                     "the lower, the more what it marks matters."),
        "hardest": ("Hardest control", "The order, knowing nothing of the unit, that comes closest."),
        "hardest_area": ("Its area", ""),
        "margin": ("Margin", "That control's area less the projection's: above zero the projection is better."),
        "low": ("From", "Lower end of its interval, units and images drawn again."),
        "high": ("To", "Upper end of its interval."),
        "p_corrected": ("p", "Corrected for how many layers and rules there are."),
        "signal": ("Like random signal", f"With that of random numbers from the same place, {_LIKE}."),
        "other": ("Like another unit", f"With another unit's from the same place, {_LIKE}."),
        "elsewhere": ("Like another image", f"With the unit's own on another image, {_LIKE}."),
    },
    "tuning": {
        "unit": ("Unit", "Those that differ most from their layer."),
        "images": ("Images", "Of how many the numbers are the mean."),
        "grey": ("In grey", f"Colour taken away: {_KEPT}."),
        "hue": ("Hue turned", f"Colours turned round: {_KEPT}."),
        "blurred": ("Blurred", f"Fine detail taken away: {_KEPT}."),
        "shuffled": ("Shuffled", f"Squares put in another order: {_KEPT}."),
        "mirrored": ("Mirrored", f"Left and right exchanged: {_KEPT}."),
        "turned": ("Turned", f"Turned by a quarter: {_KEPT}."),
        "moved": ("Moved", f"Moved a little: {_KEPT}."),
        "minds_more": ("Minds more", "Changes that it minds more than its layer."),
        "minds_less": ("Minds less", "Changes that it minds less than its layer."),
    },
    "ablation": {
        "variant": ("Variant", "What was removed or widened."),
        "network": ("Network", ""),
        "parameters": ("Parameters", ""),
        "seeds": ("Trainings", "Of how many the errors are the mean."),
        "train top-1": ("Training error", "Top 1, in per cent."),
        "val top-1": ("Validation error", "Top 1, in per cent."),
        "val top-1 spread": ("±", "Standard deviation of the validation error over trainings."),
        "val top-1 from": ("From", "Lower end of its interval of 95 %, over images and trainings."),
        "val top-1 to": _TO,
        "val top-1 change": ("Against base", "How much larger it is than the whole network's, images and seeds alike."),
        "val top-1 change from": _FROM,
        "val top-1 change to": _TO,
        "val top-5": ("Top 5", "Validation error, in per cent."),
        "val top-5 from": _FROM,
        "val top-5 to": _TO,
        "val top-1 paper": ("Paper", "Validation error, top 1, in Zeiler & Fergus 2014."),
    },
    "transfer": {
        "weights": ("Weights", "Of the network that gives features."),
        "layer": ("Layer", "Whose features are classified."),
        "classifier": ("Classifier", ""),
        "images a class": ("Images a class", "To learn from."),
        "folds": ("Splits", "Of how many the accuracy is the mean."),
        "mean": ("Accuracy", "Mean over classes and splits, as a share."),
        "std": ("±", "Standard deviation over splits."),
        "low": ("From", "Lower end of its interval of 95 %, over images and splits."),
        "high": _TO,
    },
    "check": {
        "evidence": ("Evidence", "What was compared."),
        "verdict": ("Verdict", ""),
        "compared": ("Compared", "How many cases."),
        "worst": ("Worst", "The largest relative difference."),
        "bound": ("Allowed", "What rounding may make."),
        "where": ("Where", "Of the worst."),
        "note": ("Note", ""),
    },
    "paper": {
        "claim": ("Claim", "What the paper says."),
        "where": ("Where", "The figure or table that it is in."),
        "verdict": ("Verdict", "Whether the network agrees, and whether random networks do as well."),
        "value": ("Value", "What was measured of it."),
        "low": ("From", "Lower end of its interval."),
        "high": ("To", "Upper end of its interval."),
        "margin": ("Margin", "How far beyond nothing it has to lie."),
        "random": ("Untrained", "The same with random weights, mean over their seeds."),
        "count": ("Of", "How many it is over."),
        "of": ("What", "What these are."),
        "why": ("Why", "What is missing, or why it cannot be told."),
    },
}  # fmt: skip
"""By the kind of the answer's entry, in the order in which the page has them."""


def described(kind: str, columns: Sequence[str]) -> dict[str, ColumnWords]:
    """What the columns of a table are called, and what they mean, of those that a page shows; {} of an unknown kind.

    >>> described("invariance", ["by", "relative conv1"])["relative conv1"][0]
    'conv1 moves'
    """
    known = COLUMNS.get(kind, {})
    found: dict[str, ColumnWords] = {}
    for name in [*(key for key in known if key in columns), *columns]:
        if name not in found and (words := _words(known, name)) is not None:
            found[name] = words
    return found


def _words(known: Mapping[str, ColumnWords], name: str) -> ColumnWords | None:
    if name in known:
        return known[name]
    for key, (head, note) in known.items():
        before, star, after = key.partition("*")
        if star and name.startswith(before) and name.endswith(after) and len(name) > len(before + after):
            return head.format(name[len(before) : len(name) - len(after)]), note
    return None


__all__ = ["COLUMNS", "described"]
