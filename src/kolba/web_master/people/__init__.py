"""People: accounts, signing in, sessions, API tokens, invitations; and who a request comes from."""
