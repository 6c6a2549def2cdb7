"""What makes the app installable and readable offline."""
