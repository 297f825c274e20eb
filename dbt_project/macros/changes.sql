{#- Pre-hooks: what changes although no file of its own did. They are given to `config` as text, for dbt
    renders what it finds there when it parses, before it knows whether a table is kept.

    Each way in which a thing can have changed is a query of its own: of one in which a column is looked for among
    keys the engine reads few rows, and none where there are no keys; of two such with `or` between them, all. -#}

{% macro note_keys(subject, query) -%}
    {%- if this and is_incremental() -%}
    insert into ops.changed_keys
    select distinct '{{ subject }}', key::varchar from ({{ query }}) where key is not null
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{#- What was delivered or recorded ahead of its time counts once that has come. -#}
{% macro note_due(subject, relation, key, recorded_at='null::timestamptz') -%}
    {%- set query -%}
    select delivered.{{ key }} as key
    from {{ relation }} as delivered
    cross join {{ source('ops', 'run_context') }} as run_context
    where
        delivered.delivery_date > run_context.since::date
        or {{ recorded_at }} > run_context.since
    {%- endset -%}
    {{ note_keys(subject, query) }}
{%- endmacro %}

{#- For tables that seldom change, and then everything that reads them: no key is worth noting. -#}
{% macro has_table_changed(relation) -%}
    exists (
        select 1 from ops.changed_tables where name = '{{ relation.schema }}.{{ relation.identifier }}'
    )
{%- endmacro %}

{#- A record is placed by the facility that typed it in, and by the name of the session. -#}
{% macro note_records_of_changed_facilities() -%}
    {%- set query -%}
    select record_id as key
    from {{ ref('stg_doses') }}
    where entered_by_facility_code in {{ changed_keys('facility') }}
    union all
    select record_id as key
    from {{ ref('stg_doses') }}
    where facility_code is null and facility_name_key in {{ changed_keys('facility_name') }}
    {%- endset -%}
    {{ note_keys('record', query) }}
{%- endmacro %}

{#- A mention is compared with the register again when it changed. When the register did, all are: whom a
    citizen could be meant by is not told by keys. -#}
{% macro note_mentions_to_compare() -%}
    {%- set query -%}
    select key from {{ changed_keys('mention') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions') }}
    where exists {{ changed_keys('citizen') }}
    {%- endset -%}
    {{ note_keys('compared_mention', query) }}
{%- endmacro %}

{#- Whatever happened to one thing happened to another. -#}
{% macro note_keys_of(subject, other) -%}
    {{ note_keys(subject, 'select key from ' ~ changed_keys(other)) }}
{%- endmacro %}

{#- Whom a mention is by the key it bears: that of a cluster may have moved, that of a citizen who left the
    register is gone, and merges lead elsewhere. -#}
{% macro note_mentions_to_link() -%}
    {%- set query -%}
    select linked.mention_id as key
    from {{ this }} as linked
    inner join {{ ref('int_unlinked_keys') }} as unlinked_keys
        on linked.mention_id = unlinked_keys.mention_id and unlinked_keys.is_current
    where linked.citizen_id is null and linked.own_key <> unlinked_keys.citizen_key
    union all
    select mention_id as key
    from {{ this }}
    where merged_by is not null
    union all
    select mention_id as key
    from {{ this }}
    where citizen_id in {{ changed_keys('citizen') }}
    union all
    select mention_id as key
    from {{ this }}
    where own_key in (select citizen_key from {{ ref('int_person_merges') }})
    {%- endset -%}
    {{ note_keys('linked_mention', query) }}
{%- endmacro %}

{#- What is compared again is verified again; and so is what the police have been asked since (the run that
    stands asked at its as_of), or might have been: where a request is all that is known of a mention, or where
    the register does not decide. -#}
{% macro note_mentions_to_verify() -%}
    {%- set query -%}
    select key from {{ changed_keys('compared_mention') }}
    union all
    select verified.mention_id as key
    from {{ this }} as verified
    left join (
        select distinct {{ as_key('requests.mention_id') }} as mention_id
        from {{ source('ops', 'identity_requests') }} as requests
        cross join {{ source('ops', 'run_context') }} as run_context
        where requests.requested_at >= run_context.since
    ) as asked on verified.mention_id = asked.mention_id
    where
        verified.registry_basis = 'request_out'
        or verified.registry_status = 'PENDING' and asked.mention_id is not null
    union all
    select mention_id as key
    from {{ ref('int_mentions') }}
    where id_number is null and name_key is null and birth_first_on is null
    {%- endset -%}
    {{ note_keys('verified_mention', query) }}
{%- endmacro %}

{#- A person is told by the mentions, and by the register if it knows them. -#}
{% macro note_persons_told_otherwise() -%}
    {%- set query -%}
    select citizen_key as key
    from {{ ref('int_mentions__linked') }}
    where mention_id in {{ changed_keys('mention') }}
    union all
    select citizen_key as key
    from {{ ref('int_citizens__current') }}
    where citizen_id in {{ changed_keys('citizen') }}
    {%- endset -%}
    {{ note_keys('person', query) }}
{%- endmacro %}

{#- Who shares a number changes with every mention of the number, and with whose mention each is: of a number all
    are told anew, or none. -#}
{% macro note_mentions_sharing_numbers() -%}
    {%- set query -%}
    select mention_id as key
    from {{ ref('int_mentions') }}
    where id_number in (
        select key from {{ changed_keys('id_number') }}
        union all
        select id_number
        from {{ ref('int_mentions') }}
        where mention_id in {{ changed_keys('judged_mention') }}
    )
    union all
    select gone.key
    from {{ changed_keys('mention') }} as gone
    anti join {{ ref('int_mentions') }} as mentions on gone.key = mentions.mention_id
    {%- endset -%}
    {{ note_keys('sharing_mention', query) }}
{%- endmacro %}

{#- A finding goes to the agencies that are responsible: when they change, which is rare, all are told anew. -#}
{% macro note_persons_under_other_agencies() -%}
    {%- set query -%}
    select citizen_key as key
    from {{ ref('int_persons') }}
    where exists {{ changed_keys('ladder') }}
    {%- endset -%}
    {{ note_keys('history', query) }}
{%- endmacro %}

{#- What is found on a mention follows from the person it is of, from whoever shares its number or phone, and
    from the citizen it is or might be. -#}
{% macro note_mentions_to_examine() -%}
    {%- set query -%}
    select mention_id as key
    from {{ ref('int_mentions__linked') }}
    where citizen_key in {{ changed_keys('person', 'history') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions__linked') }}
    where citizen_id in {{ changed_keys('citizen') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions__linked') }}
    where candidate_citizen_id in {{ changed_keys('citizen') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions__linked') }}
    where exists {{ changed_keys('ladder') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions') }}
    where phone in (
        select key from {{ changed_keys('phone') }}
        union all
        select phone
        from {{ ref('int_mentions') }}
        where mention_id in {{ changed_keys('judged_mention') }}
    )
    union all
    select key from {{ changed_keys('sharing_mention', 'mention') }}
    {%- endset -%}
    {{ note_keys('examined_mention', query) }}
{%- endmacro %}

{#- Whose records changed, or are of a mention that is told otherwise: the persons they were of, and those they
    are of now. -#}
{% macro note_persons_of_changed_records() -%}
    {%- set query -%}
    select citizen_key as key
    from {{ this }}
    where record_id in {{ changed_keys('record') }}
    union all
    select citizen_key as key
    from {{ this }}
    where mention_id in {{ changed_keys('told_mention') }}
    union all
    select citizen_key as key
    from {{ ref('int_mentions__linked') }}
    where mention_id in (
        select mention_id
        from {{ ref('int_doses__current') }}
        where record_id in {{ changed_keys('record') }}
        union all
        select key from {{ changed_keys('told_mention') }}
    )
    {%- endset -%}
    {{ note_keys('dosed_person', query) }}
{%- endmacro %}

{#- A rule speaks from the day it is in the pack to the day it is no longer. -#}
{% macro note_subjects_of_changed_rules() -%}
    {%- set query -%}
    {%- for family in finding_families() %}
    select family.subject_id as key
    from {{ ref(family) }} as family
    semi join (
        select rules.rule_id
        from {{ ref('rules') }} as rules
        cross join {{ source('ops', 'run_context') }} as run_context
        where {{ has_begun_or_ended('rules') }}
    ) as begun_or_ended on family.rule_id = begun_or_ended.rule_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- endset -%}
    {{ note_keys('found_subject', query) }}
{%- endmacro %}

{#- A verdict follows from findings, from which of them count by now, and bears the facility's province. -#}
{% macro note_persons_of_changed_findings() -%}
    {%- set query -%}
    select citizen_key as key
    from {{ ref('int_doses__sequenced') }}
    where dose_id in {{ changed_keys('found_subject') }}
    union all
    select citizen_key as key
    from {{ ref('int_doses__sequenced') }}
    where facility_code in {{ changed_keys('facility') }}
    union all
    select {{ as_key('findings.citizen_key') }} as key
    from {{ ref('findings') }} as findings
    inner join {{ rule_pack('verdict_reasons') }} as reasons on findings.rule_id = reasons.rule_id
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ has_begun_or_ended('reasons') }}
    {%- endset -%}
    {{ note_keys('history', query) }}
{%- endmacro %}

{#- A link is told by record: those of changed mentions, and those that changed themselves. -#}
{% macro note_records_of_changed_mentions() -%}
    {%- set query -%}
    select record_id as key
    from {{ ref('int_mention_records') }}
    where mention_id in {{ changed_keys('told_mention', 'mention') }}
    union all
    select source_record_id as key
    from {{ this }}
    where mention_id in (select {{ key_text('key') }} from {{ changed_keys('told_mention', 'mention') }})
    {%- endset -%}
    {{ note_keys('linked_record', query) }}
{%- endmacro %}

{#- What the police is asked follows from the verdict on a mention, from where its person lives, from who the
    police are there, and from what has been asked and answered. -#}
{% macro note_mentions_to_ask_about() -%}
    {%- set query -%}
    select key from {{ changed_keys('judged_mention', 'answered_mention') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions__verified') }}
    where citizen_key in {{ changed_keys('history') }}
    union all
    select mention_id as key
    from {{ ref('int_mentions__verified') }}
    where {{ has_table_changed(ref('int_agencies__current')) }}
    union all
    select {{ as_key('requests.mention_id') }} as key
    from {{ source('ops', 'identity_requests') }} as requests
    cross join {{ source('ops', 'run_context') }} as run_context
    where requests.requested_at >= run_context.since
    {%- endset -%}
    {{ note_keys('asked_mention', query) }}
{%- endmacro %}

{#- A request is listed with its mention as typed, where the person lives, and the spelling of the register. -#}
{% macro note_requests_to_list() -%}
    {%- set query -%}
    select request_id as key
    from {{ ref('int_identity_requests') }}
    where mention_id in (
        select key from {{ changed_keys('mention', 'told_mention') }}
        union all
        select mention_id
        from {{ ref('int_mentions__linked') }}
        where citizen_key in {{ changed_keys('history') }}
    )
    union all
    select request_id as key
    from {{ ref('int_identity_requests') }}
    where spelled_by in {{ changed_keys('citizen') }}
    {%- endset -%}
    {{ note_keys('listed_request', query) }}
{%- endmacro %}

{#- A record bears what is found on its dose, and on the mention it is of. -#}
{% macro note_records_with_findings() -%}
    {%- set query -%}
    select key from {{ changed_keys('found_subject', 'record') }}
    union all
    select record_id as key
    from {{ ref('int_doses__deduplicated') }}
    where mention_id in (
        select try_cast(key as {{ key_type() }}) from {{ changed_keys('found_subject') }}
    )
    {%- endset -%}
    {{ note_keys('evident_record', query) }}
{%- endmacro %}

{#- Whether and why to write to a person follows from the history, from the person, from the phone that the register
    has, and from the rule that says when the next dose is expected: when one begins or ends, all are told anew. -#}
{% macro note_persons_to_address() -%}
    {%- set query -%}
    select key from {{ changed_keys('history') }}
    union all
    select citizen_key as key
    from {{ ref('int_citizens__current') }}
    where citizen_id in {{ changed_keys('citizen') }}
    union all
    select persons.citizen_key as key
    from {{ ref('int_persons') }} as persons
    where exists (
        select 1
        from {{ rule_pack('dose_intervals') }} as intervals
        cross join {{ source('ops', 'run_context') }} as run_context
        where {{ has_begun_or_ended('intervals') }}
    )
    {%- endset -%}
    {{ note_keys('addressed_person', query) }}
{%- endmacro %}

{#- To whom to write may change by the day alone. -#}
{% macro note_phones_due() -%}
    {%- set query -%}
    select persons.phone as key
    from {{ ref('int_outreach_persons') }} as persons
    cross join {{ source('ops', 'run_context') }} as run_context
    where
        persons.addressed_from > run_context.since::date
        and persons.addressed_from <= run_context.as_of::date
    {%- endset -%}
    {{ note_keys('outreach_phone', query) }}
{%- endmacro %}

{#- Whether a row with a validity is another than when the tables that stand were made. -#}
{% macro has_begun_or_ended(rows) -%}
    (
        {{ rows }}.valid_from > run_context.since::date and {{ rows }}.valid_from <= run_context.as_of::date
        or {{ rows }}.valid_to >= run_context.since::date and {{ rows }}.valid_to < run_context.as_of::date
    )
{%- endmacro %}
