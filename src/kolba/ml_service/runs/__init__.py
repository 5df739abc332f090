"""Training runs: asked for, followed, cancelled."""
