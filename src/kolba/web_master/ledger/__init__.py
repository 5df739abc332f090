"""Credits: accounts, transfers between them, holds, prices. Double entry: what one account gets, another gave."""
