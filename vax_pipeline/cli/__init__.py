"""The `vax` command: one module per verb."""
