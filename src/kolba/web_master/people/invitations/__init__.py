"""Invitations, and registering."""
