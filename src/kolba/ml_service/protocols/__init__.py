"""What other programs' protocols ask besides predictions: what there is, whether it is ready, loading and unloading."""
