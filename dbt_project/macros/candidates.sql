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
    {#- What is searched, the equalities, and what must hold besides. -#}
    {%- set blocks = [
        (ref('int_mentions__id_compared'), ['mentions.mention_id = citizens.mention_id'], 'true'),
        (citizens, ['mentions.name_key = citizens.name_key', 'mentions.birth_on = citizens.birth_on'], 'true'),
        (citizens, ['mentions.name_key = citizens.name_key', 'mentions.birth_swapped_on = citizens.birth_on'], 'true'),
        (citizens, ['mentions.name_key = citizens.name_key', 'mentions.phone = citizens.phone'], 'true'),
        (citizens, ['mentions.birth_on = citizens.birth_on', 'mentions.phone = citizens.phone'], 'true'),
        (citizens, ['mentions.birth_year = citizens.birth_year', 'mentions.phone = citizens.phone'], 'true'),
        (dwellings, ['mentions.birth_on = citizens.birth_on', 'mentions.unit_code = citizens.unit_code'], 'true'),
    ] -%}
    {#- A commune has several of a common name: the year, or the day and month, must be right, unless an earlier
        number may tell. -#}
    {%- set tells_namesakes_apart -%}
        coalesce(
            mentions.id_type = 'CMND'
            or mentions.birth_year = citizens.birth_year
            or day(mentions.birth_on) = day(citizens.birth_on)
            and month(mentions.birth_on) = month(citizens.birth_on), true
        )
    {%- endset -%}
    {%- do blocks.append((
        dwellings, ['mentions.name_key = citizens.name_key', 'mentions.unit_code = citizens.unit_code'],
        tells_namesakes_apart
    )) -%}
    {#- A slip in one part of the name leaves the others. -#}
    {%- for part in ['before_given', 'after_family', 'ends', 'spaces'] -%}
        {%- set is_part_same = name_part('mentions.name_key', part) ~ ' = ' ~ name_part('citizens.name_key', part) -%}
        {%- do blocks.append((
            'age_mates',
            ['mentions.unit_code = citizens.unit_code', 'mentions.birth_year = citizens.birth_year', is_part_same],
            births_may_meet('mentions', 'citizens')
        )) -%}
    {%- endfor -%}
    {#- A slip in one half of the number leaves the other half. -#}
    {%- for side in ['left', 'right'] -%}
        {%- set is_half_same = side ~ '(mentions.id_number, 6) = ' ~ side ~ '(citizens.citizen_id, 6)' -%}
        {%- do blocks.append((
            citizens, [is_half_same, 'mentions.name_key = citizens.name_key'], "mentions.id_type <> 'CMND'"
        )) -%}
    {%- endfor -%}

    {%- set selects = [] -%}
    {%- for searched, equalities, holds_besides in blocks -%}
        {%- set block -%}
        select
            mentions.mention_no,
            citizens.citizen_id
        from mentions
        inner join {{ searched }} as citizens on {{ equalities | join(' and ') }}
        where {{ holds_besides }}
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
