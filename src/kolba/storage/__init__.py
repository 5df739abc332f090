"""Storage: the catalog of data sets, models, runs and files, and their blobs."""
