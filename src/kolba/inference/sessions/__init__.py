"""Sessions answer arrays with arrays. Only here is the runtime touched."""
