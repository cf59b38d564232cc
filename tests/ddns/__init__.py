"""The core by itself: no Home Assistant, and the lab where there would be an Internet."""
