"""Django's PostgreSQL backend, which notices soon that the database is away."""
