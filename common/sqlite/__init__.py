"""Django's SQLite backend, whose writers queue; docs/locking.md says why."""
