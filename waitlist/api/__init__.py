"""REST API of the waitlist."""
