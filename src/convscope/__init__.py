"""A microscope for convolutional networks: what every unit responds to, and where in the image it looks.

The public names stand in `__init__.pyi`, each with its room, and are loaded when first used, so that
`import convscope` and `convscope --help` do not wait for torch.
"""

from typing import Any

import lazy_loader

__version__ = "0.1.0"

_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> Any:
    """The public name, loaded now; of one that there is not, the nearest are said."""
    if name in __all__ or name.startswith("_"):
        return _loaded(name)
    from convscope.errors import nearest

    raise AttributeError(f"convscope has no {name!r}{nearest(name, __all__)}", name=name)
