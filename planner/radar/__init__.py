"""The radar: cash day by day, what will not fit, and what would help."""
