{#- Keys for finding the same name, from strict to loose. The exact key decides; the others only find
    candidates. They are functions of name_key: computed per mention or citizen, not per dose.
    exact    lower case, accents kept                    nguyễn thị thúy
    folded   without accents, d for đ                    nguyen thi thuy
    soft     and i for y where both are written,         nguyen thi ly -> nguyen thi li
             nothing beside an H' or Y of the Highlands  h' hen nie -> hhen nie
    sorted   and the words in order of letters           li nguyen thi -#}

{#- `is_odd`: the name has other letters than Vietnamese ones. ƀ is Ê Đê and Ba Na. -#}
{% macro name_folded(exact_key, is_odd='true') -%}
    case
        when {{ is_odd }} then translate({{ remove_accents(exact_key) }}, 'đƀ', 'db')
        else replace({{ remove_accents(exact_key) }}, 'đ', 'd')
    end
{%- endmacro %}

{#- Lý and Lí, Mỹ and Mĩ, Quý and Quí are one name each; Thúy and Thúi, Tây and Tai are not: y stands
    for i only as the one vowel after a consonant or qu. -#}
{% macro name_soft_key(name_key) -%}
    {{ replace_all(
        replace_all(name_key, "\\b([hy])(''| )+", '\\1'), '([bcdhklmnprstvx]|qu)y\\b', '\\1i'
    ) }}
{%- endmacro %}

{% macro name_sorted_key(name_key) -%} {{ words_sorted(name_soft_key(name_key)) }} {%- endmacro %}

{% macro words_sorted(text) -%} array_to_string(list_sort(string_split({{ text }}, ' ')), ' ') {%- endmacro %}
