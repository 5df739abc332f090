"""Who asks for what outlasts their session, and whether that session still stands."""
