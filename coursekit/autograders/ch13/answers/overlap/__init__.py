"""Answers to 13.3, by topic."""
