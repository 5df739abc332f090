"""Signing in and out: sessions of browsers and programs, and the limits on guessing."""
