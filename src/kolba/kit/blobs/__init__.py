"""Blobs: bytes kept under their SHA-256, on this disk or in S3."""
