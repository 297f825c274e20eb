"""Stale complaints: the sensor, the job and the audit."""
