"""The image chain: over HTTP, over a shared volume, and all of it in one process. `python -m bench.pipeline`."""
