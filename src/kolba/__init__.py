"""Kolba: a self-hosted machine-learning lab made of small services."""

__version__ = "0.1.0"
