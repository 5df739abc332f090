"""Runs: any piece of work, its state and its events."""
