"""Programs of networks that were traced before, without their weights, in the user's cache.

Tracing a network takes longer than importing PyTorch, and what comes of it is a few kilobytes that depend on the
package that makes the module, on how it was made, and on PyTorch: not on weights. So for networks of the zoo, of
torchvision and of timm the steps are kept, under a name made of all that they depend on (`naming`). What is found there
is data that anybody may have written: it is read as a `.pt2` file is, by the same reader (`describing`), and whatever
is not wholly right is as good as not there (`folder`).
"""
