"""What the three say to one another, besides HTTP itself."""

from __future__ import annotations

BINARY = "application/octet-stream"
JSON = "application/json"
NPY = "application/x-npy"
SHAPE_HEADER = "X-Tensor-Shape"
"""Of a binary tensor: its sides with commas between, the outermost first. The numbers are float32, little-endian."""
DEADLINE_HEADER = "X-Deadline-Ms"
"""How much time is left for the answer; a span, since clocks differ."""
SERVER_TIMING = "Server-Timing"
