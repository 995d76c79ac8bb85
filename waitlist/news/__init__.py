"""What open pages and other programs hear of those who wait."""
