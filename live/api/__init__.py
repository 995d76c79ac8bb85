"""Polling, where no event loop runs."""
