"""The estimators behind the built-in families. Imported only in the worker: scikit-learn lives here."""
