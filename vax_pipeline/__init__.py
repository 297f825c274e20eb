"""vax_pipeline: from landed vaccination and complaint feeds to cleaned tables, worklists and escalations."""
