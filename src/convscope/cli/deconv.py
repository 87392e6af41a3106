"""`convscope deconv`: what one unit takes from one image."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from convscope.cli.options import RUN, Common, Model, ModelOptions

RULES = Group("Rules", sort_key=1)


def deconv(
    model: Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    unit: Annotated[list[str], Parameter(alias="-u", negative=())],
    out: Annotated[Path, Parameter(alias="-o", help="folder for the pictures")],
    rule: Annotated[Literal["deconvnet", "gradient", "guided"], Parameter(group=RULES)] = "deconvnet",
    smooth: Annotated[Literal["rectify", "gradient", "error"], Parameter(group=RULES)] = "rectify",
    overlap: Annotated[Literal["sum", "max", "overwrite"], Parameter(group=RULES)] = "sum",
    lrn: Annotated[Literal["identity", "gradient"], Parameter(group=RULES)] = "identity",
    signal: Annotated[Literal["activation", "one"], Parameter(group=RULES)] = "activation",
    batch: Annotated[int, Parameter(group=RUN)] = 32,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Project units back to the pixels of images: what each unit takes from its receptive field.

    A unit is `layer:channel`, or `layer:channel@y,x` for one position; without a position the strongest in each image
    is taken. For every image and unit, one picture with the patch on the left and the projection on the right.

        convscope deconv zoo:squeezenet1_1 photo.jpg -u features.8:174 -o pictures
        convscope deconv zoo:alexnet a.jpg b.jpg -u features.3:7@10,12 -u classifier.6:281 -o pictures --rule guided

    Parameters
    ----------
    unit
        Unit to project; may be given several times.
    rule
        How a signal goes backwards through a ReLU.
    smooth
        The same for activations that are no ReLU, such as SiLU and GELU.
    overlap
        What happens where the switches of overlapping pools meet.
    lrn
        How a signal goes backwards through local response normalisation.
    signal
        What is put into the unit's layer: its activation or one.
    batch
        Projections that go backwards together.
    """
