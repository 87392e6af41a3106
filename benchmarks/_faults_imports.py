"""What is imported once by the process that those which are tried are forked from."""

import matplotlib.pyplot  # noqa: F401
import numba  # noqa: F401
import numpy  # noqa: F401
import PIL.Image
import safetensors.numpy  # noqa: F401
import sklearn.svm  # noqa: F401
import torch
import torch.export  # noqa: F401

PIL.Image.init()
