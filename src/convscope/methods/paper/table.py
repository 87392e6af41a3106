"""The paper's claims as tests: of each its statistic, direction, margin and least sample.

The one table of them, set before any report was made. A claim holds where all of the statistic's interval is on its
side of the margin, and fails where all of it is on the other side. Nothing here may be changed to suit what a network
shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.shown import brief

ClaimName = Literal[
    "invariance", "correspondence", "class", "map", "evolution", "dead", "aliasing", "depth", "transfer", "ensembles",
    "projections", "selectivity",
]  # fmt: skip
ClaimSide = Literal["above", "below"]
ClaimUnit = Literal["share", "points", "number"]

CONFIDENCE = 0.95
"""Of all intervals."""
LEVEL = 0.05
"""Of all tests that give a p-value besides."""
SEEDS = 3
"""Networks with random weights; a claim holds for them where it does for more than half."""
FIELD = 171 / 224
"""Of an image, what a unit's field may take for a projection to show a part of it: the paper's fifth layer's."""
COARSE = 3
"""Stride of a first layer from which on Fig. 6 expects dead filters and aliasing of it, and up to which few of them."""


@brief
@dataclass(frozen=True)
class Claim:
    """A claim of the paper, and how it is tested.

    where: its figure or table. says: what the paper claims; found: what it found. statistic: what is measured, one
    number, in the words of `shown`; it is to be `direction` the margin. least: the smallest sample, of what `sample`
    counts, that anything is said of. looked: images that are looked at, at most. control: what it is held against.
    needs: what it takes besides images, in words, "" where nothing. Of a first layer whose stride is `COARSE`, `dead`
    and `aliasing` expect the other direction.
    """

    name: ClaimName
    where: str
    says: str
    found: str
    statistic: str
    direction: ClaimSide
    margin: float
    least: int
    sample: str
    looked: int
    control: str
    shown: ClaimUnit = "share"
    needs: str = ""


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "projections", "Fig. 2",
        "projections show what their unit responds to",
        "pictures alone: corners, then textures, then parts and whole objects, layer by layer",
        "by how much less of a unit's activation is left where the tiles that its projection marks are covered first, "
        "than by the hardest control under its hardest fill: of the stage where that is least, among those whose field "
        "is at most 171/224 of the image, as the paper's",
        "above", 0.0, 4, "units of each layer", 60,
        "a Gaussian, local contrast, a random signal's projection, other units', the own one moved, chance",
        "number",
    ),
    Claim(
        "evolution", "Fig. 4",
        "lower layers settle within a few epochs, upper ones late",
        "lower layers after a few of 70 epochs, upper ones after 40 to 50",
        "by how much later units of the upper half of the layers settle than those of the lower half, as a share of "
        "the checkpoints; the layers' means are to rise with depth as well, as at most 0.05 of all orders of them do",
        "above", 0.05, 4, "checkpoints", 300,
        "the same layers in every other order",
        needs="the folder of a training with its checkpoints (run=), such as `convscope train` leaves",
    ),
    Claim(
        "invariance", "Fig. 5",
        "features of upper layers change less than those of the first when an image is moved or scaled",
        "distances of up to 10 in layer 1 and below 1 in layer 7, unnormalised",
        "by how much shorter the way of the last vector's features is (the one before the output, where there is one) "
        "than that of the first stage's, each over the length of the image's own: the mean of all vertical moves and "
        "scales",
        "above", 0.1, 8, "images", 24,
        "the same with random weights",
    ),
    Claim(
        "dead", "Fig. 6",
        "a first layer of small stride has few dead filters (up to 2), one of large stride has some (from 3 on)",
        "Krizhevsky's 11x11 filters of stride 4 have dead ones, the paper's 7x7 of stride 2 fewer; no number",
        "the share of the first layer's filters that no image excites or whose weights are nearly none",
        "below", 0.1, 16, "filters", 200,
        "the same with random weights",
    ),
    Claim(
        "aliasing", "Fig. 6",
        "a first layer of small stride folds little (up to 2), one of large stride much (from 3 on)",
        "stride 4 leaves blocks in the projections of layer 2, stride 2 does not; no number",
        "the share of the energy of the first layer's filters in frequencies that its stride folds onto lower ones",
        "below", 0.5, 16, "filters", 200,
        "the same with random weights",
    ),
    Claim(
        "class", "Fig. 7",
        "the class depends on the object: its probability falls where the object is covered",
        "three images: the probability of the class falls where the object is covered",
        "by how much more of the class's probability covering the object takes than boxes of its size at its distance "
        "from the image's centre do, of the probability of the whole images; where too few objects leave room for such "
        "a box, covering their parts, in the mean",
        "above", 0.1, 6, "images with room for such a box", 60,
        "these boxes; the same with random weights",
        needs="boxes of the objects (parts=), on eight images or more: draw them with `convscope annotate`",
    ),
    Claim(
        "map", "Fig. 7",
        "the strongest map of an upper layer depends on the object as well",
        "three images: the strongest map of layer 5 falls where what it responds to is covered",
        "by how much more of the strongest map's sum covering the object takes than boxes of its size at its distance "
        "from the image's centre do, of the sum in the whole images; where too few objects leave room for such a box, "
        "covering their parts, in the mean",
        "above", 0.1, 6, "images with room for such a box", 60,
        "these boxes; the same with random weights",
        needs="boxes of the objects (parts=), on eight images or more: draw them with `convscope annotate`",
    ),
    Claim(
        "correspondence", "Table 1",
        "covering the same part changes features alike in different images",
        "signs of the change of layer 5 differ in 0.067 to 0.079 of the features for eyes and nose, in 0.107 for "
        "random parts",
        "by how much fewer signs of features' changes differ between images where the same part is covered than where "
        "the same place beside the parts is, at the last layer of maps: the mean of the parts; the rank of every part "
        "is to be at most 0.05 as well, corrected for how many there are",
        "above", 0.0, 5, "images of each part", 60,
        "masks at the same relative place of all objects; the same with random weights",
        needs="boxes of the same parts, and of the objects, on five images or more (parts=): draw them with `convscope "
        "annotate`",
    ),
    Claim(
        "ensembles", "Table 2",
        "several networks together err less than one",
        "38.4 % errors of one network, 36.7 % of five",
        "how many more images are answered rightly by all networks together than by one of them in the mean",
        "above", 0.0, 100, "images", 400,
        "the same networks with random weights",
        "points",
        needs="further networks with the same classes (ensemble=), and images whose classes they know",
    ),
    Claim(
        "depth", "Table 3",
        "depth matters more than any one section of the network",
        "errors rise from 40.5 % by 4.9 without layers 3 and 4, by 4.3 without 6 and 7, and by 30.8 without all four",
        "by how much the error of validation rises without layers 3, 4, 6 and 7, less the larger of the rises without "
        "3 and 4, and without 6 and 7, seed by seed",
        "above", 0.05, 3, "seeds", 0,
        "what either section is worth alone, which is taken off",
        "points",
        needs="the folder of an ablation (ablation=) with the variants base, no-3-4, no-6-7 and no-3-4-6-7 of three "
        "seeds or more, such as `convscope ablate` leaves",
    ),
    Claim(
        "transfer", "Table 7",
        "features of upper layers are worth more for other images than those of lower ones",
        "on Caltech-101 44.8 % by a linear classifier on layer 1, 86.2 % on layer 5, 85.5 % on layer 7",
        "by how much more often a linear classifier on the last features before the output is right than one on those "
        "of the first stage, fold by fold",
        "above", 0.05, 3, "folds", 0,
        "the same with random weights",
        "points",
        needs="labelled images of other classes (target_set=), fifteen a class or more",
    ),
    Claim(
        "selectivity", "section 4",
        "features are specific to a class late",
        "pictures alone: class-specific parts from layer 4 on",
        "by how much the selectivity of the last stage's units exceeds that of the first's: a - b over the sum of all "
        "classes' means, a the mean strongest response to the unit's best class and b to the others; 1 for a unit of "
        "one class. The best class is chosen on one half of the images and judged on the other, so that of a unit that "
        "knows no class it is 0 in the mean, however few images there are",
        "above", 0.02, 8, "images of each of two classes or more", 600,
        "the same with random weights",
        "number",
        needs="images in classes, eight or more of each of two or more: a folder a class, or others that have some "
        "(labelled=)",
    ),
)  # fmt: skip
"""In the paper's order."""

BY_NAME: dict[ClaimName, Claim] = {one.name: one for one in CLAIMS}

__all__ = [
    "BY_NAME", "CLAIMS", "COARSE", "CONFIDENCE", "FIELD", "LEVEL", "SEEDS", "Claim", "ClaimName", "ClaimSide",
    "ClaimUnit",
]  # fmt: skip
