"""The entry point for gunicorn: `gunicorn wsgi:app`."""

import gc

from app import create_app

app = create_app()

# What the application is made of lives as long as the process: the collector need not look through it again.
gc.collect()
gc.freeze()
