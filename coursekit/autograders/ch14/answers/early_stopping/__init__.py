"""The answers to 14.4, by what they are about."""
