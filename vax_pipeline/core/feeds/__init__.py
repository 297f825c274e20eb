"""Feeds: what may arrive, how files become rows and rejects, and what has been taken in."""
