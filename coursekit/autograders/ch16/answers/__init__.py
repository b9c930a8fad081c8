"""Answers to the exercises of chapter 16: solutions, misconceptions, variants."""
