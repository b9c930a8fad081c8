"""Answers to 14.8."""
