"""Serving: models loaded, kept, asked. Knows no transport but in `routes`."""
