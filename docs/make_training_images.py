"""Makes the figures of evolution.md and diagnosis.md from trainings and other trained networks.

python docs/make_training_images.py evolution RUN IMAGES
python docs/make_training_images.py diagnosis IMAGES LABEL=MODEL[@WEIGHTS] ...

RUN is the folder of a training, IMAGES its training images, such as npz:imagenette128_q75.npz#train. What is kept of
the scans lies in build/training-images: another run of the same command, with more checkpoints or networks, looks at
the new ones only.
"""

import io
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

import convscope as cs
from convscope.figures import diagnosis as diagnosis_figure
from convscope.figures import evolution as evolution_figure
from convscope.figures.style import rendered
from convscope.stores import evolution as following
from convscope.studies.evolution import checkpoints

PLACE = Path(__file__).parent / "images"
KEPT = Path(__file__).parent.parent / "build" / "training-images"
EPOCHS = (1, 2, 5, 10, 20, 30, 40, 50, 60, 64)
LIMIT = 1500


def write(name: str, drawn: Any) -> None:
    """Writes a figure as WebP, at most 150 KB."""
    picture = Image.open(io.BytesIO(rendered(drawn)))
    for quality in (90, 80, 70, 60, 45, 30):
        picture.convert("RGB").save(PLACE / name, quality=quality, method=6)
        if (PLACE / name).stat().st_size <= 150_000:
            return


def network(text: str) -> tuple[str, cs.Network]:
    """The label and the network of LABEL=MODEL[@WEIGHTS]; weights of SqueezeNet in .npz were trained on BGR."""
    label, _, spec = text.partition("=")
    model, _, weights = spec.partition("@")
    if not weights:
        return label, cs.load(model)
    return label, cs.load(model, weights=weights, channels="bgr" if weights.endswith(".npz") else "rgb")


def evolution(run: str, images: str) -> None:
    """Writes evolution-units.webp and evolution-settling.webp, and prints the numbers."""
    files = checkpoints(Path(run))
    last = max(files)
    chosen = {epoch: path for epoch, path in files.items() if epoch in EPOCHS or epoch == last}
    found = following.evolution(
        [(epoch, partial(cs.load, f"file:{path}")) for epoch, path in chosen.items()],
        cs.open_source(images, limit=LIMIT),
        units=4,
        store=KEPT / "evolution",
    )
    write("evolution-units.webp", evolution_figure.draw_units(found))
    write("evolution-settling.webp", evolution_figure.draw_settling(found))
    print(json.dumps({"epochs": found.epochs, "layers": list(found.rows())}, indent=1))


def diagnosis(images: str, *networks: str) -> None:
    """Writes diagnosis.webp, and prints numbers and verdicts."""
    source = cs.open_source(images, limit=LIMIT)
    nets = list(map(network, networks))
    found = [cs.diagnose(net, source, store=KEPT / net.fingerprint[:12]).found[0] for _, net in nets]
    write("diagnosis.webp", diagnosis_figure.draw(found, labels=[label for label, _ in nets]))
    for one in found:
        print(json.dumps(one.row()), one.verdict, sep="\n")


if __name__ == "__main__":
    {"evolution": evolution, "diagnosis": diagnosis}[sys.argv[1]](*sys.argv[2:])
