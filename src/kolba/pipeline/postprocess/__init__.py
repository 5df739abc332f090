"""`POST /finalize`: an image becomes a digit: the index of the largest probability."""
