"""Letters to lenders: filled from the data, edited, taken away."""
