"""The history of predictions: written by the web master's outbox, read a page at a time."""
