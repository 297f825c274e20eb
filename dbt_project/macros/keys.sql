{#- Whom a record names (mention_id) and who they are (citizen_key): HMACs of 128 bits. Most joins of this project
    are on them, over every dose of the nation. Within the warehouse they are UUIDs, which DuckDB reads, compares
    and hashes several times as fast as text of the same bits. Where they leave it, or stand in a column beside
    other ids, they are text: 32 hex digits, without the dashes that would make its parts look like other numbers. -#}

{#- Unit tests say `varchar`: a key of theirs is M1. -#}
{% macro key_type() -%}
    {{ var('key_type') }}
{%- endmacro %}

{#- The key of what a text tells apart; prefixed as `pseudonym` wants it. -#}
{% macro key_of(text) -%}
    {{ as_key(pseudonym(text)) }}
{%- endmacro %}

{#- A key that stands somewhere as text. -#}
{% macro as_key(text) -%}
    cast({{ text }} as {{ key_type() }})
{%- endmacro %}

{% macro key_text(key) -%}
    replace(cast({{ key }} as varchar), '-', '')
{%- endmacro %}

{#- The key among a finding's subjects; null where the finding is of something else. -#}
{% macro key_found(findings, subject_type) -%}
    case when {{ findings }}.subject_type = '{{ subject_type }}' then {{ as_key(findings ~ '.subject_id') }} end
{%- endmacro %}

{#- Whether the keys noted under a subject (`changes.sql`) are such keys. -#}
{% macro is_of_keys(subject) -%}
    {{ return(subject == 'history' or subject.endswith('person') or subject.endswith('mention')) }}
{%- endmacro %}

{#- Pre-hook of a table that is never made anew: in an older home its keys are still text. -#}
{% macro keep_keys() -%}
    {%- if this and is_incremental() -%}
    {%- for column in adapter.get_columns_in_relation(this) if column.is_string() %}
    alter table {{ this }} alter column {{ column.name }} type {{ key_type() }} using {{ as_key(column.name) }};
    {%- endfor %}
    {%- endif %}
    select 1
{%- endmacro %}
