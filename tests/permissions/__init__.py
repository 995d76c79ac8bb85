"""Who may do what at every address of the REST API."""
