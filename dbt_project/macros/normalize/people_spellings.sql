{#- Beside the rows that have them, names and days of birth are typed in few ways: ten million doses have a
    sixth as many names, and a hundredth as many days of birth. So each spelling is read once. Each CTE reads
    what the one before computed, so that no expression is evaluated twice; what only odd spellings need
    stands behind a test for them. -#}

{#- people_names(typed, p_full_name, p_name_exact_key, p_name_key, p_name_notes); notes are null where there
    are none. -#}
{% macro people_names_ctes(relation, name) -%}
{{ look_alikes_cte() }},

address_words as (

    select * from {{ ref('name_words') }} where kind <> 'family_name'

),

names_formed as (

    select
        typed,
        {{ name_form('typed') }} as p_name_form
    from (select distinct {{ name }} as typed from {{ relation }}) as spelling
    where typed is not null

),

names_composed as (

    select
        *,
        case when p_name_form = 'odd' then {{ compose_unicode(visible('typed')) }} else typed end
            as p_name_composed
    from names_formed

),

names_lettered as (

    select
        names_composed.*,
        case
            when p_name_form = 'odd' then {{ plain_letters('p_name_composed') }} else p_name_composed
        end as p_name_lettered
    from names_composed
    cross join letters

),

names_spaced as (

    select
        *,
        case
            when p_name_form = 'odd' then {{ single_spaced('p_name_lettered') }} else p_name_lettered
        end as p_name_spaced
    from names_lettered

),

names_alone as (

    select
        *,
        case
            when p_name_form = 'odd' then {{ name_alone('p_name_spaced') }} else p_name_spaced
        end as p_name_alone
    from names_spaced

),

names_titled as (

    select
        names_alone.*,
        address.kind as p_title_kind,
        address.words_after as p_title_words_after
    from names_alone
    left join address_words as address
        on {{ short_first_word('names_alone.p_name_alone') }} = address.word

),

names_addressed as (

    select
        names_titled.*,
        {{ is_addressed('p_name_alone', 'p_title_kind', 'p_title_words_after', 'second.kind') }}
            as p_is_addressed,
        coalesce(
            p_title_kind = 'parent'
            or p_title_kind = 'parent_if_address' and second.kind in ('address', 'address_or_given'),
            false
        ) as p_names_parent
    from names_titled
    left join {{ ref('name_words') }} as second
        on case when names_titled.p_title_kind is not null then {{ name_word('p_name_alone', 2) }} end
        = second.word

),

names_owned as (

    select
        *,
        case when p_is_addressed then {{ without_first_word('p_name_alone') }} else p_name_alone end
            as p_name_own
    from names_addressed

),

names_marked as (

    select
        *,
        coalesce({{ has_moved_tone('p_name_own') }}, false) as p_has_moved_tone
    from names_owned

),

names_toned as (

    select
        *,
        nullif(
            case when p_has_moved_tone then {{ tone_placed('p_name_own') }} else p_name_own end, ''
        ) as p_full_name
    from names_marked

),

names_keyed as (

    select
        *,
        lower(p_full_name) as p_name_exact_key
    from names_toned

),

people_names as (

    select
        typed,
        p_full_name,
        p_name_exact_key,
        {{ name_folded('p_name_exact_key', "p_name_form = 'odd'") }} as p_name_key,
        nullif({{ noted([odd_name_field('typed'), name_field()]) }}, {{ empty_list() }}) as p_name_notes
    from names_keyed

)
{%- endmacro %}

{#- people_births(typed, p_birth_form, p_birth_read, p_birth_precision, p_birth_notes): the first day a text
    can mean, the century of two digits as the engine reads it. -#}
{% macro people_births_ctes(relation, birth) -%}
births_cut as (

    select
        typed,
        {{ date_text('typed') }} as p_birth_text
    from (select distinct {{ birth }} as typed from {{ relation }}) as spelling
    where typed is not null

),

births_formed as (

    select
        *,
        {{ date_form('p_birth_text') }} as p_birth_form
    from births_cut

),

births_dated as (

    select
        *,
        {{ date_read('p_birth_text', 'p_birth_form', is_birth=true) }} as p_birth_dated
    from births_formed

),

births_read as (

    select
        *,
        -- A birth year that no living person has is a slip of the keyboard, not a date.
        case
            when p_birth_form = 'dmy_short' or year(p_birth_dated) between 1890 and 2030 then p_birth_dated
        end as p_birth_read
    from births_dated

),

births_precise as (

    select
        *,
        case when p_birth_read is not null then {{ date_precision('p_birth_form') }} end as p_birth_precision
    from births_read

),

people_births as (

    select
        typed,
        p_birth_form,
        p_birth_read,
        p_birth_precision,
        nullif({{ noted([birth_field()]) }}, {{ empty_list() }}) as p_birth_notes
    from births_precise

)
{%- endmacro %}
