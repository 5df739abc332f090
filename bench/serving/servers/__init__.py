"""Programs that run inside a contender's own environment; nothing of Kolba is imported here."""
