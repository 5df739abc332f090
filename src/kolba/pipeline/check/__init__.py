"""`python -m kolba.pipeline.check`: whether a running chain does its work. What the container `tests` runs."""
