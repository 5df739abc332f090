"""The home page: what there is and what to do next, rendered here, without scripts."""
