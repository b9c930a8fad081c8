"""Answers to 13.7 in parts: the solution, what goes wrong in it, and right code in other styles."""
