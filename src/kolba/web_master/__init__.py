"""The one door: scenarios and who may run them, their history, reports, and the way through to every service."""
