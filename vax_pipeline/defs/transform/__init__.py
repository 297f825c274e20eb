"""dbt: the run's context, and the models before and after linking."""
