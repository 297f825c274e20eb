{#- Claims beside the records of other people that may be what they are about: the model that judges them, and the
    hook that asks whom a changed record concerns, look for them alike. -#}

{#- Claims that the person's own history doesn't answer, with the names to find them by. -#}
{% macro unanswered_claims(claims, persons) -%}
select
        claims.complaint_id,
        claims.claim_no,
        -- What the citizen left out the paper may say.
        coalesce(claims.vaccine_code, claims.cert_vaccine_code) as vaccine_code,
        coalesce(claims.lot_number, claims.cert_lot_number) as lot_number,
        claims.injected_on,
        coalesce(claims.facility_code, claims.cert_facility_code) as facility_code,
        persons.citizen_key,
        persons.name_key,
        persons.birth_on,
        persons.birth_first_on,
        persons.birth_last_on,
        year(persons.birth_first_on) as birth_year,
        persons.id_number,
        persons.phone,
        {{ name_blocks('persons.name_key') }}
    from {{ claims }} as claims
    inner join {{ persons }} as persons on claims.complaint_id = persons.complaint_id
    where
        claims.claim_kind is distinct from 'deny'
        and claims.matched_record_id is null
        and claims.injected_on is not null
{%- endmacro %}

{#- complaint_id, claim_no, record_id: same day and one strong trait of the person. Hash joins all, nothing
    compares everybody with everybody. A name one letter apart is found by what that letter leaves whole: the given
    name (the last word), or all before it; a space lost or moved leaves the letters. Both relations are CTEs with
    the columns of `name_blocks`. -#}
{% macro claims_by_trait(claims, records) -%}
    {%- set near = one_edit_apart(claims ~ '.name_key', records ~ '.name_key') -%}
    {%- for traits, condition in [
        (['name_letters'], none),
        (['id_number'], none),
        (['phone'], none),
        (['vaccine_code', 'birth_year', 'given_name'], near),
        (['vaccine_code', 'birth_year', 'names_before'], near),
        (['birth_on', 'vaccine_code'], none),
    ] %}
    select
        {{ claims }}.complaint_id,
        {{ claims }}.claim_no,
        {{ records }}.record_id,
    from {{ claims }}
    inner join {{ records }}
        on
            {{ claims }}.injected_on = {{ records }}.injected_on
            {%- for trait in traits %}
            and {{ claims }}.{{ trait }} = {{ records }}.{{ trait }}
            {%- endfor %}
            {%- if condition %}
            and {{ condition }}
            {%- endif %}
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
