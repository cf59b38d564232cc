"""What an account has besides zones that holds the home's address: read, plan, change."""
