"""Data sets: named, versioned, immutable tables."""
