"""Answers to the exercises of chapter 14: solutions, misconceptions, variants."""
