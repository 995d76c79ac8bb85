"""Importing it makes Celery's application the current one."""

import gc

__version__ = "0.1.0"

# What is loaded stays: looking for garbage again and again while it grows costs a quarter of every start.
gc.disable()

from config.celery import app as celery_app

__all__ = ("celery_app",)
