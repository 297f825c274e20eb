{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'review_id'},
    pre_hook=[
        "{{ note_due('record_review', ref('stg_record_reviews'), 'review_id', 'reviewed_at') }}",
        "{{ hold_changed('record_review') }}"
    ]
) }}

with

reviews as (
    select reviews.*
    from {{ ref('stg_record_reviews') }} as reviews
    {{ only_changed('reviews.review_id') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select reviews.*
    from reviews
    cross join run_context
    where
        reviews.delivery_date <= run_context.known_as_of::date
        and reviews.reviewed_at <= run_context.as_of
),

{{ latest_ctes('delivered', ['review_id']) }}

select * from latest
