"""Answers to 14.6, in parts."""
