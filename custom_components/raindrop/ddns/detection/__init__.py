"""Detection of the public address: sources, providers, quorum and flap damping."""
