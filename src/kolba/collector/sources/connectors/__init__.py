"""The kinds of places data can be had from, behind one `protocol.Connector`."""
