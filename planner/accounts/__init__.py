"""Who somebody is: guests, registration, sign-in and sign-out."""
