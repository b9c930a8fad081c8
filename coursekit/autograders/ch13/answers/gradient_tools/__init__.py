"""Answers to 13.4, by topic."""
