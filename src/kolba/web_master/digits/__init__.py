"""The digits' scenarios: train the model that reads them, and train it on with what people contributed."""
