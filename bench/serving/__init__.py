"""Serving one row of a random forest: Kolba, its peers, and the limit of one Python process."""
