{#
  How the name on the portal stands to the name on the certificate: EQUAL, UNACCENTED (lacks
  accents the paper has), PART (proper part of it), LONGER (the paper's is the part), ACCENTS
  (accents contradict), DIFFERENT; null when either is absent. Keys come from staging.
#}
{% macro name_relation(exact, folded, cert_exact, cert_folded) -%}
case
    when {{ exact }} is null or {{ cert_exact }} is null then null
    when {{ exact }} = {{ cert_exact }} then 'EQUAL'
    when {{ folded }} = {{ cert_folded }} and not list_contains(
        list_transform(
            list_zip(
                string_split({{ exact }}, ' '),
                string_split({{ cert_exact }}, ' '),
                string_split({{ cert_folded }}, ' '),
                string_split(strip_accents({{ cert_exact }}), ' ')
            ),
            lambda token: token[1] in (token[2], token[3], token[4])
        ),
        false
    ) then 'UNACCENTED'
    when {{ folded }} = {{ cert_folded }} then 'ACCENTS'
    when list_has_all(string_split({{ cert_folded }}, ' '), string_split({{ folded }}, ' '))
        and len(string_split({{ folded }}, ' ')) < len(string_split({{ cert_folded }}, ' '))
        then 'PART'
    when list_has_all(string_split({{ folded }}, ' '), string_split({{ cert_folded }}, ' '))
        and len(string_split({{ folded }}, ' ')) > len(string_split({{ cert_folded }}, ' '))
        then 'LONGER'
    else 'DIFFERENT'
end
{%- endmacro %}
