"""Answers to the exercises of chapter 13: solutions, misconceptions, variants."""
