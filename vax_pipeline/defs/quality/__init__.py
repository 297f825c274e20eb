"""Great Expectations over staging, findings and marts; each rule against its thresholds."""
