"""Training on from a model's weights, and the gate between the result and production."""
