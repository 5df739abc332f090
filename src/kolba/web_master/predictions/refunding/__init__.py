"""Charges whose answers never left are given back."""
