"""Answers to 14.7."""
