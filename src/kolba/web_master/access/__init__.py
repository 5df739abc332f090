"""Who may do what: groups, checked against the person who asks. The seam where sign-in will speak."""
