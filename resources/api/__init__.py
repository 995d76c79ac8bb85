"""REST API of venues and resources."""
