"""The Open Inference Protocol and MLflow at the door: what the ML service says of its models, handed on."""
