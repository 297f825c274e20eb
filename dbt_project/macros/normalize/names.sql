{#- Names of people (họ và tên): what was typed around or into a name, step by step. A step changes
    how a name is encoded, spaced and marked, or leaves out what is no part of it; letters and case
    stay as typed. Most names need none: they are told apart first, and each step is behind a guard. -#}

{#- Letters of Vietnamese in composed form. -#}
{% macro capital_letters() -%}
    A-ZÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ
{%- endmacro %}

{% macro small_letters() -%}
    a-zà-ãè-êìíò-õùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ
{%- endmacro %}

{#- `tidy`: words of a capital and small letters, single spaces. `case`: the same in other capitals.
    `odd`: anything else. Null for no name. -#}
{% macro name_form(name) -%}
    {%- set any = '[' ~ capital_letters() ~ small_letters() ~ ']+' -%}
    {%- set word = '[' ~ capital_letters() ~ '][' ~ small_letters() ~ ']*' -%}
    case
        when {{ fully_matches(name, word ~ '( ' ~ word ~ ')*') }} then 'tidy'
        when {{ fully_matches(name, any ~ '( ' ~ any ~ ')*') }} then 'case'
        when {{ name }} is not null then 'odd'
    end
{%- endmacro %}

{#- A word that begins small, or a capital inside one: for names with other signs than letters. -#}
{% macro has_other_capitals(name) -%}
    {{ matches(name, "(^|[^\\p{L}\\p{M}''])\\p{Ll}|\\p{L}\\p{Lu}") }}
{%- endmacro %}

{#- Without the characters that show nothing. -#}
{% macro visible(text) -%}
    {{ replace_all(
        text,
        '[\\x{00AD}\\x{034F}\\x{180E}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2064}\\x{FE00}-\\x{FE0F}\\x{FEFF}]',
        ''
    ) }}
{%- endmacro %}

{#- Letters that look like Vietnamese or Latin ones but are others, by seed look_alikes; `letters` is
    the CTE of look_alikes_cte. The few frequent ones first: translate pays for its whole table. -#}
{% macro plain_letters(text, letters='letters') -%}
    {%- set foreign = '[^\\x20-\\x5F\\x61-\\x7E' ~ capital_letters() ~ small_letters() ~ '\\s\\x{00A0}]' -%}
    {%- set common = "translate(" ~ text ~ ", " ~ letters ~ ".common, " ~ letters ~ ".common_plain)" -%}
    case
        when not {{ matches(text, foreign) }} then {{ text }}
        when not {{ matches(common, foreign) }} then {{ common }}
        else {{ replace_all(
            replace_all(
                compose_unicode("translate(" ~ text ~ ", " ~ letters ~ ".typed, " ~ letters ~ ".plain)"),
                'd[\\x{0335}-\\x{0338}]', 'đ'
            ), 'D[\\x{0335}-\\x{0338}]', 'Đ'
        ) }}
    end
{%- endmacro %}

{% macro look_alikes_cte() -%}
letters as (

    select
        string_agg(letter, '' order by letter) as typed,
        string_agg(plain, '' order by letter) as plain,
        string_agg(letter, '' order by letter) filter (where is_common) as common,
        string_agg(plain, '' order by letter) filter (where is_common) as common_plain
    from {{ ref('look_alikes') }}

)
{%- endmacro %}

{#- Single spaces; none beside the apostrophe of H'Hen. -#}
{% macro single_spaced(name) -%}
    {{ replace_all(
        "trim(" ~ replace_all(name, '[\\s\\x{00A0}\\x{2000}-\\x{200A}\\x{202F}\\x{3000}]+', ' ') ~ ")",
        "(^| )(\\p{L}) ?'' ?", "\\1\\2''"
    ) }}
{%- endmacro %}

{#- The number of a list before a name, and marks before and behind it. -#}
{% macro leading_marks() -%} ^([0-9]{1,4} ?[.)/:-]+ ?|[ .,;:*_"''-]+)+ {%- endmacro %}

{% macro trailing_marks() -%} [ .,;:*_"''/-]+$ {%- endmacro %}

{% macro has_marks(name) -%}
    {{ matches(name, leading_marks() ~ '|' ~ trailing_marks()) }}
{%- endmacro %}

{% macro without_marks(name) -%}
    {{ replace_first(replace_first(name, leading_marks(), ''), trailing_marks(), '') }}
{%- endmacro %}

{#- A telephone typed behind a name, `ĐT` and the like included. -#}
{% macro name_phone() -%}
    [ ,;:()/-]*(?:đt|dt|sđt|sdt|tel|phone)?[ :.]*[+]?[0-9][0-9 .-]{7,13}[0-9]
{%- endmacro %}

{#- What is said of a person behind the name: the year or day of birth, anything in brackets. -#}
{% macro name_note() -%}
    [ ,;:/-]+(?:sinh năm|năm sinh|sinh|sn|ns)?[ :.]*(?:[0-9]{1,2}[/.-][0-9]{1,2}[/.-])?(?:19|20)[0-9]{2}|[ ,;:/-]*[(\[{].*
{%- endmacro %}

{#- All of it up to the end, and only behind a letter: digits alone are no name with a telephone. -#}
{% macro without_remarks(name) -%}
    {{ replace_first(
        name, '(?i)(\\p{L}\\p{M}*)(?:' ~ name_phone() ~ '|' ~ name_note() ~ ')+[ )]*$', '\\1'
    ) }}
{%- endmacro %}

{#- A name without what stands around it. A text without letters stays: it is no name with marks. -#}
{% macro name_alone(name) -%}
    case
        when {{ matches(name, '\\p{L}') }} then {{ without_marks(without_remarks(without_marks(name))) }}
        else {{ name }}
    end
{%- endmacro %}

{#- Whether the first word is a form of address (ông, chị, Mr), decided by seed name_words and what
    follows: a family name, or any name after a foreign title; never another form of address. Words
    that are given names too (Anh, Bé) only where a point, or a small letter before a capital, tells. -#}
{% macro is_addressed(name, kind, words_after, next_kind) -%}
    {%- set words = "length(" ~ name ~ ") - length(replace(" ~ name ~ ", ' ', ''))" -%}
    case {{ kind }}
        when 'title' then coalesce({{ next_kind }} = 'family_name', true) and {{ words }} >= {{ words_after }}
        when 'address' then coalesce({{ next_kind }} = 'family_name', false) and {{ words }} >= {{ words_after }}
        when 'address_or_given' then
            coalesce({{ next_kind }} = 'family_name', false)
            and {{ words }} >= {{ words_after }}
            and {{ is_set_apart(name) }}
        else false
    end
{%- endmacro %}

{#- `anh. Nguyễn Văn Bình`, `anh Nguyễn Văn Bình`. -#}
{% macro is_set_apart(name) -%}
    (
        {{ matches(word_at(name, 1), '[.:]$') }}
        or {{ word_at(name, 1) }} = lower({{ word_at(name, 1) }})
        and {{ word_at(name, 2) }} <> lower({{ word_at(name, 2) }})
    )
{%- endmacro %}

{#- A first or second word as seed name_words has it; no word of it is longer than five letters. -#}
{% macro name_word(name, place) -%}
    rtrim(lower({{ word_at(name, place) }}), '.:')
{%- endmacro %}

{% macro short_first_word(name) -%}
    case when instr({{ name }}, ' ') between 3 and 6 then {{ name_word(name, 1) }} end
{%- endmacro %}

{% macro without_first_word(name) -%}
    substr({{ name }}, length({{ word_at(name, 1) }}) + 2)
{%- endmacro %}
