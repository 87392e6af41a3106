"""Programs that torch.export saved, read without torch's own reader: nothing of a file is run (README.md).

Names are imported from the modules: `reading` brings torch.export, for which who reads fields alone does not wait.
"""
