"""Five outputs of the pipeline, made by its engine, by pandas and by PostgreSQL from the same files.

`README.md` says what is compared and how; `python -m benchmarks.compare` runs it.
"""
