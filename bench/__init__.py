"""Measurements of Kolba side by side with its peers; each part is one command."""
