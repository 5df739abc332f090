"""What the catalog's features have in common: the base of their tables, and how blobs come and go."""
