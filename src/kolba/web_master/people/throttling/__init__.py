"""How often something may be tried, whoever counts."""
