"""Loans: entering them, reading them, paying them, trying things out on them."""
