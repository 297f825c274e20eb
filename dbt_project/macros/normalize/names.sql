{#- Names of people. A name is repaired only in how it is encoded, spaced and where its tone mark
    stands; letters and case stay as typed, for these are findings. -#}

{#- A Vietnamese name in composed letters with single spaces: the fast path of most rows. -#}
{% macro is_plain_name(name) -%}
    {{ fully_matches(name, '[A-Za-zÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]+( [A-Za-zÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]+)*') }}
{%- endmacro %}

{#- Letters that look like Vietnamese or Latin ones but are others: Icelandic and African D for Đ,
    full-width and mathematical alphabets, small capitals, Cyrillic, curly apostrophes. -#}
{% macro look_alikes() -%}
    {%- set from = ['ÐƉðɖ', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', 'АВЕКМНОРСТХаеорсух', '’ʼ‘ʻ'] -%}
    {%- set to = ['ĐĐđđ', 'ABCDEFGHIJKLMNOPRSTUVWYZ', 'ABEKMHOPCTXaeopcyx', "''''" * 2] -%}
    {%- for first in [65313, 119808, 119860, 119912, 120276, 120224, 120328, 120380, 120432] -%}
        {%- set second = 65345 if first == 65313 else first + 26 -%}
        {%- for letter in range(26) -%}
            {%- do from.append('%c' % (first + letter)) -%}{%- do to.append('%c' % (65 + letter)) -%}
            {%- do from.append('%c' % (second + letter)) -%}{%- do to.append('%c' % (97 + letter)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return([from | join, to | join]) }}
{%- endmacro %}

{% macro replace_look_alikes(name) -%}
    {%- set letters = look_alikes() -%}
    case
        when {{ matches(name, '[^\\x20-\\x7EÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ\\s\\x{00A0}]') }} then
            {{ compose_unicode("translate(" ~ name ~ ", '" ~ letters[0] ~ "', '" ~ letters[1] ~ "')") }}
        else {{ name }}
    end
{%- endmacro %}

{#- Single spaces; characters that show nothing are dropped. -#}
{% macro single_spaced(name) -%}
    trim({{ replace_all(
        replace_all(name, '[\\x{200B}-\\x{200F}\\x{2060}\\x{FEFF}\\x{00AD}]', ''),
        '[\\s\\x{00A0}\\x{2000}-\\x{200A}\\x{202F}\\x{3000}]+', ' '
    ) }})
{%- endmacro %}

{#- A word whose tone mark stands elsewhere than the older rule puts it: on the second vowel at the
    end (`Hoà`, `Thuý`), or on the first before a consonant or after q (`Hòang`, `Qúy`). -#}
{% macro late_tone() -%}
    ([oO][àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ]|(^|[^qQ])[uU][ỳýỷỹỵỲÝỶỸỴ])
{%- endmacro %}

{% macro early_tone() -%}
    ([òóỏõọÒÓỎÕỌ][aeAE][a-zA-Z]|[ùúủũụÙÚỦŨỤ][yY][a-zA-Z]|[qQ][ùúủũụÙÚỦŨỤ][yY])
{%- endmacro %}

{% macro has_moved_tone(name) -%}
    {{ matches(name, late_tone() ~ '( |$)|' ~ early_tone()) }}
{%- endmacro %}

{#- A vowel's letter without its tone, and the tone alone as a combining mark. `vowels`: those that
    can occur, for translate pays for each letter of its table in every row. -#}
{% macro toned(vowels) -%}
    {%- set forms = {
        'a': 'àáảãạÀÁẢÃẠ', 'e': 'èéẻẽẹÈÉẺẼẸ', 'o': 'òóỏõọÒÓỎÕỌ', 'u': 'ùúủũụÙÚỦŨỤ', 'y': 'ỳýỷỹỵỲÝỶỸỴ'
    } -%}
    {%- for vowel in vowels %}{{ forms[vowel] }}{% endfor -%}
{%- endmacro %}

{% macro without_tone(letter, vowels) -%}
    translate({{ letter }}, '{{ toned(vowels) }}', '
    {%- for vowel in vowels %}{{ vowel * 5 }}{{ (vowel | upper) * 5 }}{% endfor %}')
{%- endmacro %}

{% macro tone_of(letter, vowels) -%}
    {%- set marks = '%c%c%c%c%c' % (768, 769, 777, 771, 803) -%}
    translate({{ letter }}, '{{ toned(vowels) }}', '{{ marks * 2 * (vowels | length) }}')
{%- endmacro %}

{#- One placement of the tone in oa, oe, uy: on the first vowel at the end of a word (Hòa, Thúy), on
    the second before a consonant and after q (Hoàng, Quý). Few names need it: call it behind
    has_moved_tone. -#}
{% macro tone_placed(name) -%}
    {%- set parts = "'^(.*?)([òóỏõọùúủũụÒÓỎÕỌÙÚỦŨỤ])([aeyAEY])(.*)$'" -%}
    {%- set placed -%}
        {{ compose_unicode(
            "case when " ~ matches('word', late_tone() ~ '$')
            ~ " then left(word, length(word) - 1) || " ~ tone_of('right(word, 1)', 'aey')
            ~ " || " ~ without_tone('right(word, 1)', 'aey')
            ~ " when " ~ matches('word', early_tone())
            ~ " then regexp_extract(word, " ~ parts ~ ", 1) || "
            ~ without_tone("regexp_extract(word, " ~ parts ~ ", 2)", 'ou')
            ~ " || regexp_extract(word, " ~ parts ~ ", 3) || "
            ~ tone_of("regexp_extract(word, " ~ parts ~ ", 2)", 'ou')
            ~ " || regexp_extract(word, " ~ parts ~ ", 4) else word end"
        ) }}
    {%- endset -%}
    {{ map_words(name, placed) }}
{%- endmacro %}

{#- Lower case without accents, d for đ. -#}
{% macro name_folded(exact_key) -%}
    translate({{ remove_accents(exact_key) }}, 'đ', 'd')
{%- endmacro %}
