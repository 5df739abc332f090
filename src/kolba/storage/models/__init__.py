"""Models: what training leaves behind, versioned."""
