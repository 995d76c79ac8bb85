"""Importing it makes Celery's application the current one."""

import gc

from config.celery import app as celery_app

# What is loaded stays: looking through it again and again while it grows costs a sixth of every start.
gc.set_threshold(50_000, 20, 50)

__all__ = ("celery_app",)
