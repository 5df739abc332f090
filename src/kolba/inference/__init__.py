"""From a request's rows to a model's answer: signatures, bundles, sessions. Knows no web framework."""
