"""Makes the README's picture from an atlas of the embedded network and photos.

convscope atlas zoo:squeezenet1_1 samples: -o build/demo
python docs/make_images.py build/demo
"""

import sys
from pathlib import Path

from convscope.atlas import Atlas

# Two units of an early, a middle and a late stage.
UNITS = ("features.4.cat:10", "features.4.cat:67", "features.7.cat:30", "features.7.cat:230")
UNITS += ("features.12.cat:489", "features.12.cat:497")


def main(folder: str) -> None:
    """Writes docs/images/units.png: for each unit its nine strongest patches beside their projections."""
    sheet = Atlas.open(folder).montage(UNITS, columns=2, cell=69)
    sheet.save(Path(__file__).parent / "images" / "units.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
