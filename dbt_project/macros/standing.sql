{#- What none of whose parents has changed since the last finished run stands: a table with its rows, a test with
    its result. Materializations of dbt, each behind that question. `ops.changed_tables` is the account, by
    schema.table: `core/changes.py` notes what comes in; here a table notes itself, unless it can tell that its
    rows are the same. Like all that is noted, it is only added to until a run is done. -#}

{% materialization table, adapter='duckdb' %}
    {%- if stands() -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {{ return(dbt.materialization_table_duckdb()) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb' %}
    {%- if stands() -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {{ return(dbt.materialization_incremental_duckdb()) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- if stands() -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {{ return(dbt.materialization_view_default()) }}
{% endmaterialization %}

{#- The code is the same, or the run would make everything anew. -#}
{% materialization seed, adapter='duckdb' %}
    {%- if stands() -%}
        {%- do store_result('agate_table', response='OK', agate_table=load_agate_table()) -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {{ return(dbt.materialization_seed_default()) }}
{% endmaterialization %}

{#- A test on the same rows finds what it found. One query: there are more tests than models. -#}
{% materialization test, adapter='duckdb' %}
    {%- call statement('main', fetch_result=True, auto_begin=False) -%}
        {{ get_test_sql(
            found_before(), 'case when count(*) = 1 then any_value(failed) end',
            config.get('warn_if'), config.get('error_if'), none
        ) }}
    {%- endcall -%}
    {%- if load_result('main').table.columns['failures'][0] is none -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{% macro stands() %}
    {{ return(load_cached_relation(this) is not none and not has_changed()) }}
{% endmacro %}

{% macro left_standing() %}
    {%- call noop_statement('main', 'STANDS', 'STANDS', 0) -%}
    select 1
    {%- endcall -%}
    {{ return({'relations': [load_cached_relation(this)]}) }}
{% endmacro %}

{#- Whether anything that a model's rows or a test's result follow from may have changed. -#}
{% macro has_changed() %}
    {{ return(run_query('select ' ~ changed()).columns[0][0]) }}
{% endmacro %}

{#- The same, as a condition. -#}
{% macro changed() -%}
    {%- set parents = [] -%}
    {%- for unique_id in model.depends_on.nodes -%}
        {%- set parent = graph.nodes[unique_id] if unique_id in graph.nodes else graph.sources[unique_id] -%}
        {%- set name = parent.schema ~ '.' ~ (parent.identifier or parent.alias) -%}
        {%- do parents.append(clock_of(sql) if name == 'ops.run_context' else name) -%}
    {%- endfor -%}
    (
        {{ 'true' if flags.FULL_REFRESH else 'false' }}
        or not exists (select 1 from ops.run_context where not is_full)
        or exists (select 1 from ops.changed_tables where name in ('{{ parents | join("', '") }}'))
    )
{%- endmacro %}

{#- What of the run's context a model follows from: everything in it but the clock is a part of the code.
    Hooks may ask what day it is, too. -#}
{% macro clock_of(sql) %}
    {{ return('instant' if modules.re.search('as_of(?!::date)', sql) else 'day') }}
{% endmacro %}

{#- How many rows a test found in the run that stands, if that is what it would find now: a query of one row, or
    none where it said nothing. -#}
{% macro found_before() -%}
    select results.failed
    from quality.check_results as results
    semi join ops.standing on results.run_id = standing.run_id
    where
        results.check_name = '{{ model.name }}'
        and results.engine = 'dbt'
        and results.status <> 'broken'
        and not {{ changed() }}
{%- endmacro %}

{#- The post-hook of all models, within their transaction. What is kept by key or by difference has noted itself
    (`replace_differing`); a table made anew is told from the one it takes the place of. -#}
{% macro note_if_changed() -%}
    {%- if execute and not is_run_full() -%}
        {%- set notes_itself = config.get('incremental_strategy') in ['by_key', 'by_difference', 'by_own_keys'] -%}
        {%- if not notes_itself and not has_rows_of_before() -%}
            {{ note_table() }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro note_table() -%}
    insert into ops.changed_tables select '{{ this.schema }}.{{ this.identifier }}'
{%- endmacro %}

{#- Whether a table that was made anew has the rows of the one it replaces, which is there until the commit. -#}
{% macro has_rows_of_before() %}
    {%- set before = load_cached_relation(make_backup_relation(this, 'table')) -%}
    {%- if config.get('materialized') != 'table' or before is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set told = told_by(adapter.get_columns_in_relation(this)) -%}
    {%- for measure in ['count(*)', 'sum(' ~ told ~ '::hugeint)'] -%}
        {%- set query -%}
            select
                (select {{ measure }} from {{ this }})
                is not distinct from (select {{ measure }} from {{ before }})
        {%- endset -%}
        {%- if not run_query(query).columns[0][0] -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}
