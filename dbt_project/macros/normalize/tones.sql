{#- Where the tone mark of a Vietnamese syllable stands. Two rules are in use (`Hòa` and `Hoà`, `Thúy`
    and `Thuý`), and keyboards make others (`Hòang`, `Qúy`, `Tíên`, `Phựơng`). One placement: on ă â ê ô
    ơ ư if there is one, else on the second of two vowels before a consonant and of three, else on the
    first. The u of `qu` and the i of `gi` before a vowel belong to the consonant. Marks are taken off
    their vowels, moved by a few rules over the whole name, and composed again. -#}

{#- Each vowel with its five toned forms: grave, acute, hook, tilde, dot below. -#}
{% macro toned_forms() -%}
    {{ return({
        'a': 'àáảãạ', 'ă': 'ằắẳẵặ', 'â': 'ầấẩẫậ', 'e': 'èéẻẽẹ', 'ê': 'ềếểễệ', 'i': 'ìíỉĩị',
        'o': 'òóỏõọ', 'ô': 'ồốổỗộ', 'ơ': 'ờớởỡợ', 'u': 'ùúủũụ', 'ư': 'ừứửữự', 'y': 'ỳýỷỹỵ'
    }) }}
{%- endmacro %}

{#- The toned forms of some vowels, both cases; `tone` one of the five, else all. -#}
{% macro toned(vowels, tone=none) -%}
    {%- set forms = toned_forms() -%}
    {%- for vowel in vowels -%}
        {%- set found = forms[vowel] if tone is none else forms[vowel][tone] -%}
        {{ found }}{{ found | upper }}
    {%- endfor -%}
{%- endmacro %}

{#- Matches a name in which some mark may stand elsewhere than the rule puts it. The marks that can are
    on plain vowels and ư. -#}
{% macro has_moved_tone(name) -%}
    {%- set any = '[' ~ toned('aeiouyư') ~ ']' -%}
    {{ matches(
        name,
        any ~ '[ăâêôơưĂÂÊÔƠƯ]|' ~ any ~ '[aeiouyAEIOUY][a-zA-ZăâêôơưĂÂÊÔƠƯ]'
        ~ '|((^|[^qQ])[uU]|(^|[^gG]|[nN][gG])[iI]|[aeoyăâêôơưAEOYĂÂÊÔƠƯ])[' ~ toned('aeiouy') ~ ']( |$)'
        ~ '|[qQ][' ~ toned('u') ~ '][aeiouyAEIOUY]|(^| )[gG][' ~ toned('i') ~ '][aeouyAEOUY]'
    ) }}
{%- endmacro %}

{#- `Hoà` as H, o, a and a grave accent. -#}
{% macro with_marks_apart(name) -%}
    {%- set ns = namespace(text=name) -%}
    {%- for mark in [768, 769, 777, 771, 803] -%}
        {%- set letters = '[' ~ toned('aeiouyư', loop.index0) ~ ']' -%}
        {%- set ns.text = replace_all(ns.text, '(' ~ letters ~ ')', '\\1%c' % mark) -%}
    {%- endfor -%}
    translate({{ ns.text }}, '{{ toned('aeiouyư') }}', '
    {%- for vowel in 'aeiouyư' %}{{ vowel * 5 }}{{ (vowel | upper) * 5 }}{% endfor %}')
{%- endmacro %}

{#- The name with each mark in its place. Few names need it: call it behind has_moved_tone. -#}
{% macro tone_placed(name) -%}
    {%- set mark = '([\\x{0300}\\x{0301}\\x{0303}\\x{0309}\\x{0323}])' -%}
    {%- set rules = [
        ['([aeiouyư])' ~ mark ~ '([aeiouyư]{0,2}[ăâêôơư])', '\\1\\3\\2'],
        ['(qu|^gi| gi)' ~ mark ~ '([aeiouy])', '\\1\\3\\2'],
        ['(o)' ~ mark ~ '([ae])([aiouycmnpt])', '\\1\\3\\2\\4'],
        ['(u)' ~ mark ~ '(y)([aiouycmnpt])', '\\1\\3\\2\\4'],
        ['((?:^|[^q])u)([aiy])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['((?:^|[^g]|ng)i)([au])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['(o)([aei])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['(a)([iouy])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['(uy)([au])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['(e)(o)' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
        ['([ăâêôơư])([aiuy])' ~ mark ~ '( |$)', '\\1\\3\\2\\4'],
    ] -%}
    {%- set ns = namespace(text=with_marks_apart(name)) -%}
    {%- for pattern, moved in rules -%}
        {%- set ns.text = replace_all(ns.text, '(?i)' ~ pattern, moved) -%}
    {%- endfor -%}
    {{ compose_unicode(ns.text) }}
{%- endmacro %}
