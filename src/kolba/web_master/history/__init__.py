"""The history of scenario runs: who did what, when, with what outcome."""
