"""What people are told by mail and text message while they wait."""
