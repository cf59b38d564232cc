"""Proof by chaos: a whole house, a stranger and every fault, driven by programs of random steps."""
