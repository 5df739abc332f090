"""Storage's one migration history."""
