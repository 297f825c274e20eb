"""Great Expectations over staging, findings and marts."""
