"""`POST /predict`: a tensor becomes a vector of probabilities, by the version in production."""
