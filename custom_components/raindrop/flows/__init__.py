"""The steps of the options flow and of the subentry flows."""
