"""The talks with each creditor: where they stand, what was answered, what was agreed in writing."""
