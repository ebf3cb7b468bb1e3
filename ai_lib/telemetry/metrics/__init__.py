"""Metrics: counters and histograms, and their exporters."""
