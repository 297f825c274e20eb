{#- Facilities in words (cơ sở tiêm chủng) to the register, with a score: `TYT P.5` is `Trạm Y tế phường
    05`. What stands behind ` - ` or a comma in a name is where it lies, and only the name before it has
    to agree. Candidates lie in the province stated. -#}

{#- A name without what stands behind it. -#}
{% macro facility_name_alone(name) -%}
    {{ replace_first(name, '\\s+[-–]\\s.*|,.*|[(].*', '') }}
{%- endmacro %}

{#- Words of a name without what stands behind it, `p5` as two words, numbers without zeros in front. -#}
{% macro facility_words(name) -%}
    {%- set before = facility_name_alone(name) -%}
    trim({{ replace_all(
        replace_all(
            folded_words("case when length(" ~ before ~ ") > 9 then " ~ before ~ " else " ~ name ~ " end"),
            '\\b(p|q|ph|phuong|quan|so)([0-9])', '\\1 \\2'
        ),
        '\\b0+([0-9])', '\\1'
    ) }})
{%- endmacro %}

{#- Each spelling of a name is folded once: CTE facility_keys(facility_name, facility_name_key). -#}
{% macro facility_keys_cte(relation, columns=['facility_name']) -%}
facility_keys as (

    select
        facility_name,
        nullif({{ fold_key('facility_name') }}, '') as facility_name_key
    from ({{ spellings(relation, columns, 'facility_name') }}) as spelling

)
{%- endmacro %}

{#- CTE facility_matches: for each row of `words` (facility_name, facility_name_key, province_code,
    district_code, unit_code; distinct) the best candidate of `facilities`.
    basis  unit, district or province: the same name, and the only one there; words: a similar name.
    score  1.0, 0.95 or 0.9 for the same name; else the weight of the words that agree in that of all,
           lowered alike by distance, at most 0.89. Under 0.3 nothing is a candidate. -#}
{% macro facility_matches_ctes(words, facilities) -%}
facility_spellings as (

    select
        facility_name,
        {{ facility_words('facility_name') }} as words
    from (
        select facility_name from {{ words }}
        union
        select facility_name from {{ facilities }}
    ) as named
    where facility_name is not null

),

facility_words_placed as (

    select
        facility_name,
        {{ words_with_places('words') }}
    from facility_spellings

),

facility_words_meant as (

    select
        placed.facility_name,
        unnest(string_split(coalesce(abbreviations.meaning, placed.word), ' ')) as word
    from facility_words_placed as placed
    left join {{ ref('facility_words') }} as abbreviations
        on
            placed.word = abbreviations.word
            and abbreviations.kind = 'abbreviation'
            and abbreviations.place in ('any', case when placed.place = 1 then 'first' else 'later' end)

),

facility_words_read as (

    select distinct
        meant.facility_name,
        meant.word,
        coalesce(weights.kind, case when {{ matches('meant.word', '^[0-9]') }} then 'number' else 'own' end)
            as kind,
        -- Numbers tell apart what else is alike: phường 5 and phường 6.
        coalesce(weights.weight, case when {{ matches('meant.word', '^[0-9]') }} then 2 else 1 end)
            as weight
    from facility_words_meant as meant
    left join {{ ref('facility_words') }} as weights
        on meant.word = weights.word and weights.kind <> 'abbreviation'

),

facility_words_weighed as (

    select
        *,
        max(weight) over (partition by facility_name) as heaviest
    from facility_words_read

),

facility_names_read as (

    select
        facility_name,
        sum(weight) as weight,
        string_agg(word, ' ' order by word) filter (where kind <> 'unit_type') as core,
        coalesce(string_agg(word, ' ' order by word) filter (where kind = 'unit_type'), '') as unit_types,
        {{ facility_name_alone('facility_name') }} <> facility_name as is_located,
        coalesce(string_agg(word, ' ' order by word) filter (where kind = 'number'), '') as numbers
    from facility_words_weighed
    group by facility_name

),

typed_words as (

    select
        typed.province_code,
        weighed.*
    from (select distinct facility_name, province_code from {{ words }}) as typed
    inner join facility_words_weighed as weighed on typed.facility_name = weighed.facility_name

),

register_words as (

    select
        register.province_code,
        weighed.*
    from (select distinct facility_name, province_code from {{ facilities }}) as register
    inner join facility_words_weighed as weighed on register.facility_name = weighed.facility_name

),

-- Every station shares "Trạm Y tế" with every other: that pairs nobody but within a district, and names
-- that have no other words, typed or in the register.
facility_names_sought as (
    {% for condition in ['one.weight >= 1', 'one.heaviest < 1', 'other.heaviest < 1'] %}
    select
        one.facility_name as typed_name,
        other.facility_name as register_name
    from typed_words as one
    inner join register_words as other
        on one.province_code = other.province_code and one.word = other.word
    where {{ condition }}
    union
    {%- endfor %}
    select
        typed.facility_name as typed_name,
        facilities.facility_name as register_name
    from {{ words }} as typed
    inner join {{ facilities }} as facilities
        on
            typed.province_code = facilities.province_code
            and typed.district_code = facilities.district_code

),

-- Materialized, or the words of all names are joined with each other first.
facility_words_sought as materialized (

    select
        sought.typed_name,
        sought.register_name,
        weighed.word,
        weighed.weight,
        weighed.heaviest
    from facility_names_sought as sought
    inner join facility_words_weighed as weighed on sought.typed_name = weighed.facility_name

),

facility_name_pairs as (

    select
        one.typed_name,
        one.register_name,
        sum(one.weight) as shared_weight,
        max(one.weight) >= 1 or max(one.heaviest) < 1 or max(other.heaviest) < 1 as is_alike_afar
    from facility_words_sought as one
    inner join facility_words_weighed as other
        on one.register_name = other.facility_name and one.word = other.word
    group by one.typed_name, one.register_name
    -- Alike in a word that not every facility has, or in most of those that many have.
    having max(one.weight) >= 1 or sum(one.weight) >= 0.9

),

facility_names_compared as (

    select
        pairs.typed_name,
        pairs.register_name,
        pairs.is_alike_afar,
        typed.core = register.core as is_same_name,
        -- The typed name says nothing that this one does not: no other type of unit, no other place.
        typed.unit_types in ('', register.unit_types) and not typed.is_located as says_no_more,
        pairs.shared_weight / (typed.weight + register.weight - pairs.shared_weight)
        * case when typed.numbers = register.numbers then 1 else 0.5 end as similarity
    from facility_name_pairs as pairs
    inner join facility_names_read as typed on pairs.typed_name = typed.facility_name
    inner join facility_names_read as register on pairs.register_name = register.facility_name

),

facility_candidates as (

    select
        typed.facility_name_key,
        typed.province_code,
        typed.district_code,
        typed.unit_code,
        facilities.facility_code,
        compared.is_same_name,
        compared.says_no_more,
        typed.facility_name_key = facilities.facility_name_key as is_same_spelling,
        compared.similarity,
        case
            when facilities.unit_code = typed.unit_code then 3
            when facilities.district_code = typed.district_code then 2
            else 1
        end as nearness
    from {{ words }} as typed
    inner join facility_names_compared as compared on typed.facility_name = compared.typed_name
    inner join {{ facilities }} as facilities
        on
            compared.register_name = facilities.facility_name
            and typed.province_code = facilities.province_code
    where compared.is_alike_afar or typed.district_code = facilities.district_code

),

-- Written just as in the register, a name is nobody else's, but for one that lies nearer and of which
-- all that was typed is true: "Trạm Y tế xã An" typed in An is its "TYT xã An".
facility_spelled as (

    select
        * replace (
            is_same_spelling
            or is_same_name and (
                not bool_or(is_same_spelling) over same_place
                or says_no_more
                and nearness > max(nearness) filter (where is_same_spelling) over same_place
            ) as is_same_name
        )
    from facility_candidates
    window same_place as (partition by facility_name_key, province_code, district_code, unit_code)

),

facility_namesakes as (

    select
        *,
        count(*) filter (where is_same_name and nearness = 3) over same_place as in_unit,
        count(*) filter (where is_same_name and nearness >= 2) over same_place as in_district,
        count(*) filter (where is_same_name) over same_place as in_province
    from facility_spelled
    window same_place as (partition by facility_name_key, province_code, district_code, unit_code)

),

facility_scored as (

    select
        *,
        case
            when is_same_name and nearness = 3 and in_unit = 1 then 'unit'
            when is_same_name and nearness >= 2 and in_unit = 0 and in_district = 1 then 'district'
            when is_same_name and in_district = 0 and in_province = 1 then 'province'
            else 'words'
        end as basis
    from facility_namesakes

),

facility_matches as (

    select
        facility_name_key,
        province_code,
        district_code,
        unit_code,
        facility_code,
        basis,
        case basis
            when 'unit' then 1.0
            when 'district' then 0.95
            when 'province' then 0.9
            else least(round(similarity * [0.9, 0.95, 1.0][nearness], 3), 0.89)
        end::double as score
    from facility_scored
    where basis <> 'words' or similarity >= 0.3
    qualify row_number() over (
        partition by facility_name_key, province_code, district_code, unit_code
        order by score desc, nearness desc, facility_code asc
    ) = 1

)
{%- endmacro %}
