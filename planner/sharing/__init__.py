"""Links a lender opens."""
