"""Who fetched and read what, when, and how it went."""
