"""IP lists, Zero Trust lists and DNS locations that follow the home's address."""
