"""Measurements, side by side. ``make bench`` runs them all; each prints a table and writes JSON to ``results/``."""
