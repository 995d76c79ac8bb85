"""What open pages and other programs hear of bookings and money."""
