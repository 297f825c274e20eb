{#- How int_mentions__candidates finds who could be meant: by blocks, each a join on equalities. In one statement the
    hash tables of all blocks stand in memory at once, which for the mentions of a nation they can't: before the model,
    a hook asks one block after another. A unit test has them in one. -#}

{#- The mentions that the tiers have left open. A filler or a test typed for a name says as little as none. -#}
{% macro open_mentions() %}
    {%- set household_limit = 50 -%}
    with

    -- Of all packs: who is who must not depend on whose rules hold.
    junk as (
        select distinct name_key from {{ ref('junk_names') }}
    ),

    left_open as (
        select
            mentions.*,
            junk.name_key is not null
            or coalesce(
                {{ has_digits('mentions.name_key') }} or {{ is_test_name('mentions.name_key') }}, false
            ) as is_filler
        from {{ ref('int_mentions') }} as mentions
        {{ only_changed('mentions.mention_id') }}
        anti join {{ ref('int_mentions__matched_exactly') }} as exactly
            on mentions.mention_id = exactly.mention_id
        anti join {{ ref('int_mentions__matched_by_previous_id') }} as by_previous
            on mentions.mention_id = by_previous.mention_id
        anti join {{ ref('int_mentions__matched_but_one') }} as but_one
            on mentions.mention_id = but_one.mention_id
        left join junk on mentions.name_key = junk.name_key
        where not mentions.is_foreign
    ),

    crowded_phones as (
        -- A filler number in the registry would make a pair of everybody who typed it.
        select citizens.phone
        from {{ ref('int_citizens__current') }} as citizens
        semi join left_open on citizens.phone = left_open.phone
        group by citizens.phone
        having count(*) > {{ household_limit }}
    )

    select
        left_open.mention_id,
        row_number() over () as mention_no,
        left_open.id_number,
        left_open.id_type,
        case when not left_open.is_filler then left_open.name_key end as name_key,
        case when not left_open.is_filler then left_open.name_exact_key end as name_exact_key,
        left_open.birth_on,
        left_open.birth_precision,
        left_open.birth_first_on,
        left_open.birth_last_on,
        left_open.birth_year,
        left_open.sex,
        left_open.unit_code,
        left_open.last_injected_on,
        case when crowded_phones.phone is null then left_open.phone end as phone,
        -- A transposition of day and month that gives another day.
        case
            when day(left_open.birth_on) <= 12 and day(left_open.birth_on) <> month(left_open.birth_on)
                then make_date(year(left_open.birth_on), day(left_open.birth_on), month(left_open.birth_on))
        end as birth_swapped_on
    from left_open
    left join crowded_phones on left_open.phone = crowded_phones.phone
{% endmacro %}

{#- A citizen under each commune of theirs. -#}
{% macro dwellings() %}
    select
        *,
        current_unit_code as unit_code
    from {{ ref('int_citizens__current') }}
    union all
    select
        *,
        permanent_unit_code as unit_code
    from {{ ref('int_citizens__current') }}
    where permanent_unit_code is distinct from current_unit_code
{% endmacro %}

{#- Of those whom a mention shares a commune and a year of birth with: only their names need be taken apart. -#}
{% macro age_mates() %}
    select
        dwellings.citizen_id,
        dwellings.name_key,
        dwellings.birth_on,
        dwellings.birth_year,
        dwellings.unit_code
    from ({{ dwellings() }}) as dwellings
    semi join mentions
        on dwellings.unit_code = mentions.unit_code and dwellings.birth_year = mentions.birth_year
{% endmacro %}

{#- Pairs of mention_no and citizen_id, a select for each block, of relations `mentions` and `age_mates`. Each block
    finds what the others miss: a slip in any one field leaves a block on other fields, and so does one in two of id,
    name and birth date while phone or commune hold. Equalities only, and each small in a registry of 98 million. -#}
{% macro candidate_blocks() %}
    {%- set citizens = ref('int_citizens__current') -%}
    {%- set dwellings = '(' ~ dwellings() ~ ')' -%}
    {%- set blocks = [
        (citizens, ['name_key = name_key', 'birth_on = birth_on']),
        (citizens, ['name_key = name_key', 'birth_swapped_on = birth_on']),
        (citizens, ['name_key = name_key', 'phone = phone']),
        (citizens, ['birth_on = birth_on', 'phone = phone']),
        (citizens, ['birth_year = birth_year', 'phone = phone']),
        (dwellings, ['birth_on = birth_on', 'unit_code = unit_code']),
    ] -%}
    {%- set selects = [] -%}
    {%- set by_number -%}
        select
            mentions.mention_no,
            id_compared.citizen_id
        from {{ ref('int_mentions__id_compared') }} as id_compared
        inner join mentions on id_compared.mention_id = mentions.mention_id
    {%- endset -%}
    {%- do selects.append(by_number) -%}
    {%- for relation, keys in blocks -%}
        {%- set block -%}
        select
            mentions.mention_no,
            citizens.citizen_id
        from mentions
        inner join {{ relation }} as citizens
            on
                {%- for key in keys %}
                mentions.{{ key.split(' = ')[0] }} = citizens.{{ key.split(' = ')[1] }}
                {%- if not loop.last %} and{% endif %}
                {%- endfor %}
        {%- endset -%}
        {%- do selects.append(block) -%}
    {%- endfor -%}
    {#- A commune has several of a common name: the year, or the day and month, must be right, unless an earlier
        number may tell. -#}
    {%- set by_commune -%}
        select
            mentions.mention_no,
            dwellings.citizen_id
        from mentions
        inner join {{ dwellings }} as dwellings
            on
                mentions.name_key = dwellings.name_key
                and mentions.unit_code = dwellings.unit_code
        where
            coalesce(
                mentions.id_type = 'CMND'
                or mentions.birth_year = dwellings.birth_year
                or day(mentions.birth_on) = day(dwellings.birth_on)
                and month(mentions.birth_on) = month(dwellings.birth_on), true
            )
    {%- endset -%}
    {%- do selects.append(by_commune) -%}
    {#- A slip in one part of the name leaves the others. -#}
    {%- for part in ['before_given', 'after_family', 'ends', 'spaces'] -%}
        {%- set block -%}
        select
            mentions.mention_no,
            age_mates.citizen_id
        from mentions
        inner join age_mates
            on
                mentions.unit_code = age_mates.unit_code
                and mentions.birth_year = age_mates.birth_year
                and {{ name_part('mentions.name_key', part) }} = {{ name_part('age_mates.name_key', part) }}
        where {{ births_may_meet('mentions', 'age_mates') }}
        {%- endset -%}
        {%- do selects.append(block) -%}
    {%- endfor -%}
    {#- A slip in one half of the number leaves the other half. -#}
    {%- for side in ('left', 'right') -%}
        {%- set block -%}
        select
            mentions.mention_no,
            citizens.citizen_id
        from mentions
        inner join {{ citizens }} as citizens
            on
                {{ side }}(mentions.id_number, 6) = {{ side }}(citizens.citizen_id, 6)
                and mentions.name_key = citizens.name_key
        where mentions.id_type <> 'CMND'
        {%- endset -%}
        {%- do selects.append(block) -%}
    {%- endfor -%}
    {{ return(selects) }}
{% endmacro %}

{#- The hook: pairs as a temporary table, block after block. -#}
{% macro find_candidates() %}
    create or replace temp table mentions_left_open as {{ open_mentions() }};
    create or replace temp table age_mates as
    with mentions as (from mentions_left_open)
    {{ age_mates() }};
    create or replace temp table found_candidates (mention_no bigint, citizen_id varchar);
    {%- for block in candidate_blocks() %}
    insert into found_candidates
    with mentions as not materialized (from mentions_left_open)
    {{ block }};
    {%- endfor %}
{% endmacro %}

{% macro drop_found_candidates() %}
    drop table mentions_left_open;
    drop table age_mates;
    drop table found_candidates;
{% endmacro %}
