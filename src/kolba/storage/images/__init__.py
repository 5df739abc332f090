"""Images: PNG and JPEG files, kept once whoever sends them, with their thumbnails."""
