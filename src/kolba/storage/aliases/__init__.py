"""Names that point to a version of a model and move, with everything that moved them."""
