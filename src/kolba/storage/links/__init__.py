"""What in the catalog names what: the reasons why a thing, or its bytes, cannot go."""
