"""Notebooks and archives that try to harm their reader; see README.md."""
