"""The worker: takes up runs, computes each in a child process, hands in the result."""
