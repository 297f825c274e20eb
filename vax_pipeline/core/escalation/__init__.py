"""Stale complaints climb the administration: what is due, who was told, what is still to be sent.

`tick.tick` is the whole act; the sensor asks `tick.pending_fingerprint`, the next run reads
`ledger.mirrored_rows`, the check is `audit_check`. Reads a release, never the warehouse.
"""
