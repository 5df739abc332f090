"""Credits set aside for runs until they end."""
