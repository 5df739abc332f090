"""Files: named blobs."""
