"""Releases: what people and BI tools may open while the pipeline goes on writing."""
