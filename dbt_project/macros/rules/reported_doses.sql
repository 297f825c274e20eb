{#- Joins `own` and `of_all` of reported_doses (the CTE `meanings`): what a label counts in the ministry's
    figures, for the product and else for any. `dose_type` is null for a plain number. -#}
{% macro reported_meaning_joins(dose_type, dose_no, vaccine_code, day) -%}
    left join meanings as own
        on
            coalesce({{ dose_type }}, 'flat') = own.dose_type
            and {{ dose_no }} = own.dose_no
            and {{ vaccine_code }} = own.vaccine_code
            and {{ valid_on('own', day) }}
    left join meanings as of_all
        on
            coalesce({{ dose_type }}, 'flat') = of_all.dose_type
            and {{ dose_no }} = of_all.dose_no
            and of_all.vaccine_code = '*'
            and {{ valid_on('of_all', day) }}
{%- endmacro %}
