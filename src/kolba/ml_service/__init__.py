"""Model families, training, serving."""
