"""What people are told of their bookings by mail and text message."""
