"""Repayment plans on their way to a creditor."""
