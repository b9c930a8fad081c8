"""Graders: exercises judged by what the code does (docs/grading.md). NumPy and the standard library alone."""
