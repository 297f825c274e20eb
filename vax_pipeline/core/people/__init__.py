"""Who somebody is, said by a person: decisions in the ledger, and what each would change.

`vax people` calls `decisions` to plan and write, `effect` to show. What a decision does to the tables is
dbt's work (`int_person_decisions`, `int_person_merges`); nothing here knows it a second time.
"""
