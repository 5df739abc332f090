"""The prediction path: many requests share one trip and one transaction, and none is answered unrecorded."""
