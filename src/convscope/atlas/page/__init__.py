"""The page of an atlas: files that are copied into every atlas as they are."""
