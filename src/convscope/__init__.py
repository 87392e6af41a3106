"""A microscope for convolutional networks: what every unit responds to, and where in the image it looks.

The public names stand in `__init__.pyi`, each with its room, and are loaded when first used, so that
`import convscope` and `convscope --help` do not wait for torch.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
