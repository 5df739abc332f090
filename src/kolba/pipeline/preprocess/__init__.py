"""`POST /process`: an image becomes a tensor, which the model answers."""
