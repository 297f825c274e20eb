{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'notes': {'history': 'citizen_key'}},
    pre_hook=["{{ note_persons_of_changed_records() }}", "{{ hold_changed('dosed_person') }}"]
) }}

with

doses as {{ held_once() }} (
    select doses.*
    from {{ ref('int_doses__linked') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

mentions as (
    select
        mention_id,
        id_number,
        birth_on,
        phone
    from {{ ref('int_mentions') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

-- Few people have two doses of one product within the window: all that follows is about them, and only
-- they are sorted.
repeated as not materialized (
    select
        citizen_key,
        vaccine_code
    from doses
    where vaccine_code is not null and injected_on is not null
    group by citizen_key, vaccine_code
    having
        count(*) > 2
        or count(*) = 2
        and max(injected_on) - min(injected_on) <= {{ setting('duplicate_window_days', 'integer') }}
),

near as (
    select
        doses.record_id,
        doses.citizen_key,
        doses.vaccine_code,
        doses.injected_on,
        doses.facility_code,
        doses.lot_number,
        coalesce(doses.dose_type, '') || coalesce(doses.dose_no::varchar, '') as label,
        doses.mention_id,
        doses.first_entered_at,
        coalesce(doses.entry_mode = 'at_session' and doses.first_entered_at::date = doses.injected_on, false)
            as is_of_that_day,
        -- Best record: at the session, by the injecting facility, more complete, entered first (a
        -- correction keeps its place).
        row_number() over (
            partition by doses.citizen_key, doses.vaccine_code
            order by
                doses.entry_mode is not distinct from 'at_session' desc,
                doses.entered_by_facility_code is not distinct from doses.facility_code desc,
                (doses.lot_number is not null)::int
                + (doses.dose_no is not null)::int
                + (doses.facility_code is not null)::int
                + (mentions.id_number is not null)::int
                + (mentions.birth_on is not null)::int
                + (mentions.phone is not null)::int desc,
                doses.first_entered_at asc,
                doses.record_id asc
        ) as preference
    from doses
    semi join repeated
        on doses.citizen_key = repeated.citizen_key and doses.vaccine_code = repeated.vaccine_code
    inner join mentions on doses.mention_id = mentions.mention_id
    where doses.injected_on is not null
    window
        by_day as (
            partition by doses.citizen_key, doses.vaccine_code order by doses.injected_on, doses.record_id
        )
    qualify
        least(
            doses.injected_on - lag(doses.injected_on) over by_day,
            lead(doses.injected_on) over by_day - doses.injected_on
        ) <= {{ setting('duplicate_window_days', 'integer') }}
),

pairs as (
    select
        worse.record_id,
        better.record_id as better_record_id,
        better.preference as better_preference,
        worse.first_entered_at < better.first_entered_at as is_better_the_later,
        worse.injected_on = better.injected_on as is_same_day,
        coalesce(worse.facility_code, '') <> coalesce(better.facility_code, '')
            as is_facility_other,
        worse.mention_id = better.mention_id as is_same_mention,
        -- Two labels, both read: meant as two doses, and merging them would lose one.
        worse.label <> better.label and worse.label <> '' and better.label <> '' as is_label_other,
        -- Each typed at the session of its own day: two sessions, not one typed twice.
        worse.is_of_that_day
        and better.is_of_that_day
        and worse.injected_on <> better.injected_on as is_two_sessions,
        (worse.injected_on <> better.injected_on)::int
        + (coalesce(worse.facility_code, '') <> coalesce(better.facility_code, ''))::int
        + (coalesce(worse.lot_number, '') <> coalesce(better.lot_number, ''))::int
        + (worse.label <> better.label)::int as fields_differing
    from near as worse
    inner join near as better
        on
            worse.citizen_key = better.citizen_key
            and worse.vaccine_code = better.vaccine_code
            and worse.preference > better.preference
            and abs(worse.injected_on - better.injected_on)
            <= {{ setting('duplicate_window_days', 'integer') }}
),

judged as (
    select
        *,
        case
            when fields_differing = 0 and is_same_mention then 'DUP-001'
            when is_same_day and is_facility_other then 'DUP-002'
            -- The same event typed twice; a person field that differs counts as the one field.
            when fields_differing <= 1 and not is_label_other and not is_two_sessions
                then 'DUP-003'
            -- Two labels on two days are two doses too close together: SEQ-001, no duplicate.
            when fields_differing <= 2 and (is_same_day or not is_label_other) then 'DUP-005'
        end as rule_id
    from pairs
),

merging as (
    select * from judged where rule_id in ('DUP-001', 'DUP-002', 'DUP-003')
),

behind as (
    -- Only behind a record that is itself chosen: three near records are not a chain.
    select
        merging.record_id,
        arg_min(merging.better_record_id, merging.better_preference) as dose_id,
        arg_min(merging.rule_id, merging.better_preference) as rule_id
    from merging
    anti join merging as outdone on merging.better_record_id = outdone.record_id
    group by merging.record_id
),

unsure as (
    -- Both are kept; the one entered later carries the finding.
    select
        case when is_better_the_later then better_record_id else record_id end as record_id,
        min(case when is_better_the_later then record_id else better_record_id end)
            as similar_record_id
    from judged
    anti join behind on judged.record_id = behind.record_id
    anti join behind as better_behind on judged.better_record_id = better_behind.record_id
    where judged.rule_id = 'DUP-005'
    group by all
),

-- Of pairs of pairs the engine reckons with more than there are doses, and would put these, as wide as they
-- are, into the hash table of the join.
few_behind as (
    {{ known_to_be_few('select record_id, dose_id, rule_id from behind') }}
),

few_unsure as (
    {{ known_to_be_few('select record_id, similar_record_id from unsure') }}
)

select
    doses.*,
    coalesce(few_behind.dose_id, doses.record_id) as dose_id,
    few_behind.dose_id is null as is_chosen,
    case
        when few_behind.dose_id is not null then few_behind.rule_id
        when few_unsure.record_id is not null then 'DUP-005'
    end as duplicate_rule,
    few_unsure.similar_record_id
from doses
left join few_behind on doses.record_id = few_behind.record_id
left join few_unsure on doses.record_id = few_unsure.record_id
