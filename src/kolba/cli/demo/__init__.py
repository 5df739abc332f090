"""`kolba demo`: Titanic and digits from data to answers, told through the same HTTP interface that everyone uses."""
