{#- Pre-hooks like those of `changes.sql`: which complaints are told anew. Accounts take in the keys of others:

    delivered_complaint    something has come about it
    told_complaint         that, or who complains is told otherwise
    judged_complaint       that, or what its claims are held against
    eventful_complaint     delivered, or something happened to it
    moved_complaint        that, or somebody else has it, or it is in another state
    clocked_complaint      that, or whom its clocks follow -#}

{#- Who complains is told by the mention, by the person it is of, by the register and by where agencies are. -#}
{% macro note_complaints_told_otherwise() -%}
    {%- set query -%}
    select key from {{ changed_keys('delivered_complaint') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaints__current') }}
    where mention_id in {{ changed_keys('told_mention') }}
    union all
    select complaint_id as key
    from {{ this }}
    where citizen_key in {{ changed_keys('history') }}
    union all
    select complaint_id as key
    from {{ this }}
    where citizen_id in {{ changed_keys('citizen') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaints__current') }}
    where exists {{ changed_keys('ladder') }}
    {%- endset -%}
    {{ note_keys('told_complaint', query) }}
{%- endmacro %}

{#- A claim is judged by the history of who complains, and of whoever has the record it points at. Of one that
    denies a record, any citizen may turn out to be meant: all such are judged anew when the register changed, or
    what facilities say of records. -#}
{% macro note_complaints_to_judge() -%}
    {%- set query -%}
    select key from {{ changed_keys('told_complaint') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaint_persons') }}
    where citizen_key in {{ changed_keys('history') }}
    union all
    select complaint_id as key
    from {{ this }}
    where matched_citizen_key in {{ changed_keys('history') }}
    union all
    select claims.complaint_id as key
    from {{ ref('int_complaint_claims__located') }} as claims
    inner join {{ ref('int_doses__deduplicated') }} as records
        on claims.contested_record_id = records.record_id
    where records.citizen_key in {{ changed_keys('history') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaint_claims__located') }}
    where
        claim_kind = 'deny'
        and (
            {{ has_table_changed(ref('int_record_reviews__current')) }}
            or {{ has_table_changed(ref('int_citizens__current')) }}
        )
    {%- endset -%}
    {{ note_keys('judged_complaint', query) }}
{%- endmacro %}

{#- Somebody's record may be what a claim asks for, or no longer be, when it or that person's history changed. -#}
{% macro note_complaints_found_elsewhere() -%}
    {%- set query -%}
    with unanswered as (
        {{ unanswered_claims(ref('int_complaint_claims'), ref('int_complaint_persons')) }}
    ),

    changed_records as (
        select
            *,
            {{ name_blocks('name_key') }}
        from {{ ref('int_doses__current') }}
        where mention_id in (
            select mention_id
            from {{ ref('int_mentions__linked') }}
            where citizen_key in {{ changed_keys('history') }}
        )
    )

    select complaint_id as key
    from ({{ claims_by_trait('unanswered', 'changed_records') }}) as found
    union all
    select complaint_id as key
    from {{ this }}
    where citizen_key in {{ changed_keys('history') }}
    {%- endset -%}
    {{ note_keys('judged_complaint', query) }}
{%- endmacro %}

{#- What was signed about a dose or a citizen in question has changed:
    each version of it may be of another record. -#}
{% macro note_complaints_attested_otherwise() -%}
    {%- set query -%}
    with versions as materialized (
        select
            record_id,
            citizen_id
        from {{ ref('stg_attestations') }}
        where attestation_id in {{ changed_keys('attestation') }}
    )

    select complaint_id as key
    from (select complaint_id, unnest(judged_record_ids) as record_id from {{ this }}) as judged
    where record_id in (
        select key from {{ changed_keys('attested_record') }}
        union all
        select record_id from versions
    )
    union all
    select complaint_id as key
    from {{ ref('int_complaint_persons') }}
    where citizen_id in (
        select key from {{ changed_keys('attested_citizen') }}
        union all
        select citizen_id from versions where record_id is null
    )
    {%- endset -%}
    {{ note_keys('judged_complaint', query) }}
{%- endmacro %}

{#- What happened to a complaint changes with the complaint, and with each version of an event, whichever complaint
    it was or is of. -#}
{% macro note_complaints_with_events() -%}
    {%- set query -%}
    select key from {{ changed_keys('delivered_complaint') }}
    union all
    select complaint_id as key
    from {{ ref('stg_complaint_events') }}
    where event_id in {{ changed_keys('complaint_event') }}
    union all
    select complaint_id as key
    from {{ this }}
    where event_id in {{ changed_keys('complaint_event') }}
    {%- endset -%}
    {{ note_keys('eventful_complaint', query) }}
{%- endmacro %}

{#- A clock follows what happened to the complaint, who holds it and whom that one answers to, and what the police
    was asked about its person, by whichever mention. -#}
{% macro note_complaints_with_clocks() -%}
    {%- set query -%}
    select key from {{ changed_keys('eventful_complaint', 'moved_complaint') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaint_persons') }}
    where citizen_key in (
        select key from {{ changed_keys('person', 'history') }}
        union all
        select citizen_key
        from {{ ref('int_mentions__linked') }}
        where mention_id in (
            select mention_id
            from {{ ref('int_identity_requests') }}
            where request_id in {{ changed_keys('listed_request') }}
        )
    )
    union all
    select complaint_id as key
    from {{ ref('int_complaint_states') }}
    where handler_code in {{ changed_keys('facility') }}
    union all
    select complaint_id as key
    from {{ ref('int_complaint_states') }}
    where exists {{ changed_keys('ladder') }}
    {%- endset -%}
    {{ note_keys('clocked_complaint', query) }}
{%- endmacro %}
