"""The embedded set: every service on one machine, forked from one parent that imported them."""
