"""The bench: a photo of one's own, live, beside the atlas."""
