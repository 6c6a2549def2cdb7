"""Income and expenses."""
