"""The answers to 14.3, by what they are about."""
