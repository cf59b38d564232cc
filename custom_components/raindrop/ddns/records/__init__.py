"""Records: plan changes and apply them."""
