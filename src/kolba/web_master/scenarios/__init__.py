"""The scenarios: collect and store, train, infer; what there is, and for whom."""
