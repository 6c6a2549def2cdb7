"""What a counsellor worked out for the borrower: seen before and after, approved in part, or declined."""
