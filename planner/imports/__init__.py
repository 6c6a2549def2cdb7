"""Statement files in: choose, look at what was read, confirm, undo."""
