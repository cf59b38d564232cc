"""IP lists of an account, which rules refer to: read, plan, apply."""
