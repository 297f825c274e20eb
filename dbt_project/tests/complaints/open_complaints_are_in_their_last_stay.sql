-- Who holds an open complaint, and its state, are the same whether told by its last stay or by its state.
select
    complaints.complaint_id,
    complaints.state,
    stays.state as stay_state
from {{ ref('fct_complaints') }} as complaints
full join (select * from {{ ref('int_complaint_stays') }} where until_at is null) as stays
    on complaints.complaint_id = stays.complaint_id
where
    (complaints.is_open or stays.complaint_id is not null)
    and (
        complaints.state is distinct from stays.state
        or complaints.handler_code is distinct from stays.holder_code
    )
