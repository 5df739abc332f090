"""Tables: one engine and one migration history per service; SQLite by default, PostgreSQL by URL."""
