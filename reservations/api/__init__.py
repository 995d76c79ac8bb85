"""REST API of reservations and of what is free."""
