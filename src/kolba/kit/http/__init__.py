"""The edge every service shares: the application, its middleware, problem documents, and the client for calling on."""
