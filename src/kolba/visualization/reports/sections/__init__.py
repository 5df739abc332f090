"""The sections of a report, one file each: `write(writer)` gives the blocks, none where nothing is
known."""
