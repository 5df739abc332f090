"""`/api/…`: the web master's API at the UI's own address: cookies stay at home, no other origin is needed."""
