"""Batch predictions: a data set, or a file that becomes one, answered row by row."""
