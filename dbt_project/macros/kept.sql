{#- How large tables are kept from run to run: only what has changed since the last finished run is computed
    again (`core/changes.py`). Where ops.run_context says is_full, and in a new home, they are made as any
    other table.

    by_file        rows of the files that changed are replaced; the model reads `delivered(feed)`.
    by_key         rows of the keys that changed are replaced: when all are noted a pre-hook does
                   `hold_changed(subject)`, and the model reads by `only_changed`. meta: key, the column.
    by_difference  the model is computed whole, and the rows that differ are replaced: what reads it by key
                   learns which they are. meta: key, the column.
    by_own_keys    rows of the keys that the model yields are replaced; others stay, whatever happens.

    But for by_file, only rows of keys are replaced whose rows are not the same: if none, the table has not
    changed, and what reads it stands (`standing.sql`). Of a table with `meta: is_published` those keys are
    written into ops.changed_rows: a release looks at their rows alone. `meta: notes` says which keys of the rows
    replaced, old and new, are written into ops.changed_keys: a dictionary of subject and column. Keys are only
    ever added: what a stopped run had noted stays noted.

    The tables of ops that keep this account are named here, and are no sources: no model's rows follow from
    them, and a unit test would have to bring them along. -#}

{#- Overrides dbt's own, which asks only its command line: a run says it by the row that says all else. -#}
{% macro should_full_refresh() %}
    {%- set said = config.get('full_refresh') -%}
    {%- if said is none -%}
        {%- set said = flags.FULL_REFRESH or is_run_full() -%}
    {%- endif -%}
    {{ return(said) }}
{% endmacro %}

{% macro is_run_full() %}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set building_on = run_query('select count(*) from ops.run_context where not is_full') -%}
    {{ return(building_on.columns[0][0] == 0) }}
{% endmacro %}

{#- Below, `this and is_incremental()`: in a unit test there is no table to bring up to date. -#}

{% macro delivered(feed) -%}
    select * from {{ source('raw', feed) }}
    {%- if this and is_incremental() %}
    where file in (select file from ops.changed_files)
    {%- endif %}
{%- endmacro %}

{#- The keys that changed of a subject, or of several of one kind, as a subquery. They are noted as text, whatever
    they are: so one subject at a time is asked for, lest keys of others are cast. -#}
{% macro changed_keys(subject) -%}
    {%- set key = as_key('key') if is_of_keys(subject) else 'key' -%}
    (
        {%- for subject in [subject] + (varargs | list) %}
        select distinct {{ key }} as key from ops.changed_keys where subject = '{{ subject }}'
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- The pre-hook of a model kept by key after those that note: others may note keys while it runs. -#}
{% macro hold_changed(subject) -%}
    {%- set key_text = key_text('key') if is_of_keys(subject) else 'key' -%}
    {%- if this and is_incremental() -%}
    create or replace temp table keys_held as select key, {{ key_text }} as key_text from {{ changed_keys(subject) }}
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{#- After a relation in a from clause: of it only the keys held, where the table is kept. -#}
{% macro only_changed(column) -%}
    {%- if this and is_incremental() -%}
    semi join keys_held on {{ column }} = keys_held.key
    {%- endif -%}
{%- endmacro %}

{#- `as {{ held_once() }} (...)`: how a relation that `only_changed` narrows is read several times. Of a kept
    table it is few rows, put aside; of one made anew it would be all of them. -#}
{% macro held_once() -%}
    {%- if not (this and is_incremental()) %}not {% endif -%} materialized
{%- endmacro %}

{#- Likewise, of what the keys held lead to: only the rows that agree in a column with a relation of the model. -#}
{% macro only_among(relation, column, of) -%}
    {%- if this and is_incremental() -%}
    semi join {{ relation }} on {{ of }}.{{ column }} = {{ relation }}.{{ column }}
    {%- endif -%}
{%- endmacro %}

{#- A keyed hash is dear: `held_before(column, else_)` is the one that the kept table has for the same thing, which
    `join_held_before` at the end of the from clause looks up. -#}
{% macro held_before(column, else_) -%}
    {%- if this and is_incremental() -%}
    coalesce(held_before.{{ column }}, {{ else_ }})
    {%- else -%}
    {{ else_ }}
    {%- endif -%}
{%- endmacro %}

{% macro join_held_before(condition) -%}
    {%- if this and is_incremental() -%}
    left join {{ this }} as held_before on {{ condition }}
    {%- endif -%}
{%- endmacro %}

{% macro get_incremental_by_file_sql(arg_dict) %}
    {{ replace_rows(arg_dict, 'file in (select file from ops.changed_files)') }}
{% endmacro %}

{% macro get_incremental_by_key_sql(arg_dict) %}
    {%- set key = config.get('meta')['key'] -%}
    {%- set column = arg_dict['dest_columns'] | selectattr('name', 'equalto', key) | first -%}
    {#- A mart has as text what the tables before it have as a key. -#}
    {%- set held = 'key_text' if column.is_string() else 'key' -%}
    {{ replace_differing(arg_dict, key ~ ' in (select ' ~ held ~ ' from keys_held)') }}
    drop table keys_held;
{% endmacro %}

{% macro get_incremental_by_difference_sql(arg_dict) %}
    {{ replace_differing(arg_dict, 'true') }}
{% endmacro %}

{% macro get_incremental_by_own_keys_sql(arg_dict) %}
    {%- set key = config.get('meta')['key'] -%}
    {{ replace_differing(arg_dict, key ~ ' in (select ' ~ key ~ ' from ' ~ arg_dict['temp_relation'] ~ ')') }}
{% endmacro %}

{#- Of the rows in question those of keys whose rows are not the same: nothing more is noted as changed. -#}
{% macro replace_differing(arg_dict, which) %}
    {%- set told = told_by(arg_dict['dest_columns']) -%}
    {%- set target, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set key = config.get('meta')['key'] -%}
    create or replace temp table differing as
    with both_sides as (
        select {{ key }} as key, {{ told }} as told, 1 as rows from {{ target }} where {{ which }}
        union all
        select {{ key }} as key, {{ told }} as told, -1 as rows from {{ fresh }}
    )
    select distinct key from (select key from both_sides group by key, told having sum(rows) <> 0);
    {{ note_table() }} where exists (select 1 from differing);
    {%- if config.get('meta').get('is_published') %}
    insert into ops.changed_rows
    select '{{ target.schema }}.{{ target.identifier }}', '{{ key }}', key from differing;
    {%- endif %}
    {{ replace_rows(arg_dict, key ~ ' in (select key from differing)') }}
    drop table differing;
{% endmacro %}

{#- The hash of a row. DuckDB gives an empty list that of null, and [[1], [2]] that of [[1, 2]]: as text they
    differ. -#}
{% macro told_by(columns) -%}
    hash(
        {%- for column in columns -%}
            {{ adapter.quote(column.name) }}
            {%- if '[' in column.data_type or '(' in column.data_type %}::varchar{% endif %}
            {{- ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

{% macro replace_rows(arg_dict, which) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set target, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- for subject, column in config.get('meta').get('notes', {}).items() %}
    insert into ops.changed_keys
    select distinct '{{ subject }}', {{ column }}::varchar
    from (
        select {{ column }} from {{ target }} where {{ which }}
        union all
        select {{ column }} from {{ fresh }} where {{ which }}
    )
    where {{ column }} is not null;
    {%- endfor %}
    delete from {{ target }} where {{ which }};
    insert into {{ target }} ({{ columns }}) select {{ columns }} from {{ fresh }} where {{ which }};
{% endmacro %}
