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
    {{ compose_unicode("translate(" ~ name ~ ", '" ~ letters[0] ~ "', '" ~ letters[1] ~ "')") }}
{%- endmacro %}

{#- Single spaces; characters that show nothing are dropped. -#}
{% macro single_spaced(name) -%}
    trim({{ replace_all(
        replace_all(name, '[\\x{200B}-\\x{200F}\\x{2060}\\x{FEFF}\\x{00AD}]', ''),
        '[\\s\\x{00A0}\\x{2000}-\\x{200A}\\x{202F}\\x{3000}]+', ' '
    ) }})
{%- endmacro %}

{#- Whether the tone mark stands elsewhere than the older rule puts it: `Hoà` (Hòa), `Thuý` (Thúy),
    or typed too early: `Hòang` (Hoàng). -#}
{% macro has_moved_tone(name) -%}
    {{ matches(name, "[oO][àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ]([^\\pL]|$)|[òóỏõọÒÓỎÕỌ][aeAE]\\pL|(^|[^qQ])[uU][ỳýỷỹỵỲÝỶỸỴ]([^\\pL]|$)|[qQ][ùúủũụÙÚỦŨỤ][yY]|[ùúủũụÙÚỦŨỤ][yY]\\pL") }}
{%- endmacro %}

{#- One placement of the tone in oa, oe, uy: on the first vowel at the end of a syllable (Hòa, khỏe,
    Thúy), on the second before a consonant and after q (Hoàng, Quý). Call it behind has_moved_tone. -#}
{% macro tone_placed(name) -%}
    {%- set tones = {
        'o': 'òóỏõọ', 'u': 'ùúủũụ', 'a': 'àáảãạ', 'e': 'èéẻẽẹ', 'y': 'ỳýỷỹỵ'
    } -%}
    {%- set ns = namespace(text=name) -%}
    {%- set pairs = [] -%}
    {%- for first, second in [('o', 'a'), ('o', 'e'), ('u', 'y')] -%}
        {%- for tone in range(5) -%}
            {%- set early = tones[first][tone] ~ second -%}
            {%- set late = first ~ tones[second][tone] -%}
            {%- do pairs.append((early, late)) -%}
            {%- do pairs.append((early | upper, late | upper)) -%}
            {%- do pairs.append((early | capitalize, late | capitalize)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for early, late in pairs -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ early ~ "', '" ~ late ~ "')" -%}
    {%- endfor -%}
    {%- for early, late in pairs -%}
        {%- set ns.text = replace_all(
            ns.text, '(^|[^qQ])' ~ late ~ '([^\\pL]|$)', '\\1' ~ early ~ '\\2'
        ) -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}

{#- Lower case without accents, d for đ. -#}
{% macro name_folded(exact_key) -%}
    translate({{ remove_accents(exact_key) }}, 'đ', 'd')
{%- endmacro %}
