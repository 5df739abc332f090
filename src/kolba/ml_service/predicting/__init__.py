"""Predictions by workers: over a whole data set, or of one request whose answer is fetched later."""
