"""`python -m vax_pipeline`: the `vax` command."""

from vax_pipeline.cli.app import main

main()
