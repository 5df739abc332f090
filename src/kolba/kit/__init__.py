"""The ground floor: what every service needs and none of them owns. Knows nothing of datasets or models."""
