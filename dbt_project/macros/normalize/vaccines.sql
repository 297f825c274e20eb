{#- Vaccine names (tên vắc xin) in any spelling, by seed vaccine_aliases. -#}

{#- Key of the seed: folded, without the words for vaccine and disease; `covaxin` is no vaxin. -#}
{% macro vaccine_key(text) -%}
    {{ replace_all(
        replace_all(fold_key(text), '(^|[^o])(vaccine|vaccin|vacxin|vacin|vaxin)', '\\1'),
        'covid19|^covid', ''
    ) }}
{%- endmacro %}

{#- The product's name is a word of the text, or a longer name stands in it. -#}
{% macro names_product() -%}
    (
        list_contains(vaccine_keys.typed_words, aliases.alias_key)
        or length(aliases.alias_key) >= 6 and contains(vaccine_keys.typed_key, aliases.alias_key)
    )
{%- endmacro %}

{#- Each spelling is read once: CTE vaccine_spellings(vaccine_typed, vaccine_code, vaccine_problem,
    notes). Found by its key; else by the one product named in it (`Pfizer lọ 6 liều`); else by the one
    product within one letter of it, two in long names. A name of the seed without a code (Sinovac) is
    known to be none of ours, and keeps its neighbours from being taken for one.
    `columns`: where names stand. -#}
{% macro vaccine_spellings_ctes(relation, columns=['vaccine_name']) -%}
vaccine_names as (

    {{ spellings(relation, columns, 'vaccine_typed') }}

),

vaccine_keys as (

    select
        vaccine_typed,
        {{ vaccine_key('vaccine_typed') }} as typed_key,
        string_split({{ folded_words('vaccine_typed') }}, ' ') as typed_words
    from vaccine_names

),

vaccine_candidates as (

    select
        vaccine_keys.vaccine_typed,
        aliases.vaccine_code,
        aliases.is_ambiguous,
        case
            when vaccine_keys.typed_key = aliases.alias_key then 0
            when {{ names_product() }} then 1
            else 1 + damerau_levenshtein(vaccine_keys.typed_key, aliases.alias_key)
        end as distance
    from vaccine_keys
    inner join {{ ref('vaccine_aliases') }} as aliases
        on
            vaccine_keys.typed_key = aliases.alias_key
            or {{ names_product() }}
            or length(aliases.alias_key) >= 6
            and length(vaccine_keys.typed_key) >= 5
            and damerau_levenshtein(vaccine_keys.typed_key, aliases.alias_key)
            <= case when length(aliases.alias_key) >= 9 then 2 else 1 end

),

vaccine_nearest as (

    select
        vaccine_typed,
        min(vaccine_code) as vaccine_code,
        bool_and(is_ambiguous) as is_ambiguous,
        min(distance) as distance
    from (
        select
            *,
            bool_or(vaccine_code is null) over (partition by vaccine_typed) as is_near_another
        from vaccine_candidates
        qualify rank() over (partition by vaccine_typed order by distance) = 1
    ) as nearest
    where distance = 0 or not is_near_another
    group by vaccine_typed
    having count(distinct coalesce(vaccine_code, '')) = 1 and min(vaccine_code) is not null

),

vaccine_spellings as (

    select
        vaccine_keys.vaccine_typed,
        vaccine_nearest.vaccine_code,
        case
            when {{ blank_to_null('vaccine_keys.vaccine_typed') }} is null then 'missing'
            when vaccine_nearest.vaccine_code is null then 'unknown'
            when vaccine_nearest.is_ambiguous then 'ambiguous'
        end as vaccine_problem,
        case
            when vaccine_nearest.distance = 1 then ['vaccine:part']
            when vaccine_nearest.distance > 1 then ['vaccine:typo']
        end as notes
    from vaccine_keys
    left join vaccine_nearest on vaccine_keys.vaccine_typed = vaccine_nearest.vaccine_typed

)
{%- endmacro %}
