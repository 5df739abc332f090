"""What things cost: a row that a model answers, a run of a kind."""
