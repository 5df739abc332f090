"""Reports: put together from what storage knows, drawn by visualization."""
