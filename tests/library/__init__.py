"""The core by itself: no Home Assistant, and the simulator where there would be an Internet."""
