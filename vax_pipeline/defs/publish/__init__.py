"""The release: built, checked, then made current."""
