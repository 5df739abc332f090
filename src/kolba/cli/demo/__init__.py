"""`kolba demo`: the Titanic story, told through the same HTTP interface that everyone uses."""
