"""The collector: sources of data, their batches and cursors, and the journal of every download and access."""
