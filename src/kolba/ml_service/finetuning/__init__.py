"""Fine-tuning: what is checked before one is queued."""
