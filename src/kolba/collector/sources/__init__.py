"""What can be collected, from where, and the table it becomes."""
