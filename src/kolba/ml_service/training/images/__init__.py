"""Training on images. Only what a convolutional network needs imports torch, and only where a run asks for it."""
