"""Accounts: who there is, in which group."""
