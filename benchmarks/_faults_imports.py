"""What is imported once by the process that those which are tried are forked from."""

from importlib import import_module

import PIL.Image

for name in ("matplotlib.pyplot", "numba", "numpy", "safetensors.numpy", "sklearn.svm", "torch.export"):
    import_module(name)

PIL.Image.init()
