"""The command line. It only starts, asks and prints; what is done is done by the services."""
