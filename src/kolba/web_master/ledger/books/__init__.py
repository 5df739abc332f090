"""The accounts within somebody else's transaction."""
