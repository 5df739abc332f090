"""What travels between services: schemas, and one typed client per service."""
