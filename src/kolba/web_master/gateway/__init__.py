"""The way through: requests handed on to the service that owns what they ask for, and answers back."""
