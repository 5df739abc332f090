"""Successive parts of a source, by a cursor that survives restarts."""
