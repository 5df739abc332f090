"""The history of the web master's tables."""
