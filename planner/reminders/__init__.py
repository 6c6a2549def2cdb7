"""Reminders: what is wanted, what is due, and sending each exactly once."""
