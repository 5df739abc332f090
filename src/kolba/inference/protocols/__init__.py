"""Three protocols, one question, one answer: bytes in, bytes out. No network, no web framework."""
