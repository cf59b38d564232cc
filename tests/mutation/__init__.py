"""The mutation check: changes the code in small ways and runs the tests (`scripts/mutation`)."""
