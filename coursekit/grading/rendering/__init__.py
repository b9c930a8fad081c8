"""Reports as text, HTML and JSON: pure functions."""
