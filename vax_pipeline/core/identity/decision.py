"""From scored candidates to one decision per mention: LINKED, REVIEW or UNLINKED, with its reasons.

A link needs the probability, a clear distance to the next candidate, and no veto. A veto never picks
somebody else: it leaves the mention to a person.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vax_pipeline.core.identity.settings import CANDIDATES_KEPT, comparison_names

# In the codes of int_mentions__candidates. The first one that holds gives the veto its name.
_ID_HOLDS = "id_difference in ('same', 'previous')"
_NAME_AGREES = "(name_difference = 'same' or name_difference = 'accents' and is_name_unaccented)"
VETOES: Mapping[str, str] = MappingProxyType(
    {
        # Born together, called otherwise: the other twin, whether the registry holds both or not.
        "twin": f"""
            birth_difference in ('same', 'year_only')
            and (is_given_name_other and name_difference <> 'order' or name_difference = 'middle')
            and not ({_ID_HOLDS} and name_difference in ('one_letter', 'middle', 'missing'))
        """,
        # One phone and often one name, a generation apart.
        "parent_or_child": f"""
            is_phone_same and years_apart >= 15 and not {_ID_HOLDS} and id_difference <> 'one_edit'
        """,
        "sex": f"""
            sex_difference = 'other' and not ({_NAME_AGREES} and birth_difference = 'same')
        """,
        "dead_before_injection": "is_dead_before",
        # The number is another citizen's, and so are the name or the birth date.
        "two_sure_ids": f"""
            not {_ID_HOLDS} and bool_or(
                {_ID_HOLDS} and (
                    name_difference not in ('other', 'missing')
                    or birth_difference in ('same', 'year_only')
                )
            ) over (partition by mention_id)
        """,
        # Of 98 million people many share name and birth date: one thing more must agree. The commune is
        # not enough where another number speaks against it: namesakes live in one commune too.
        "namesake": f"""
            not {_ID_HOLDS} and id_difference <> 'one_edit' and not is_phone_same
            and (not is_unit_same or id_difference = 'other')
        """,
        # Brothers and sisters have one phone and names made alike; or it was their number that was typed.
        # Nor is it one slip where a given name, a number and a birth date each differ a little.
        "relative": f"""
            not {_NAME_AGREES} and birth_difference in ('other', 'missing')
            or (is_given_name_other and name_difference <> 'order' or name_difference = 'middle')
            and birth_difference <> 'same' and not {_ID_HOLDS}
        """,
        # The number as typed fits the typed sex and birth year: it is the person's own.
        "own_number": "is_number_its_own",
    }
)


def decide_sql(candidates: str) -> str:
    """One row per mention: the best candidate, the decision, and what speaks against a link.

    Args:
        candidates: relation with mention_id, citizen_id, the columns of int_mentions__candidates,
            years_apart, is_number_its_own, match_weight, match_probability, `mw_<comparison>` and
            mw_tf_adj_name.

    Parameters of the query: $link, $margin, $review (see `Thresholds`).
    """
    vetoes = ", ".join(f"case when {held} then '{name}' end" for name, held in VETOES.items())
    weights = ", ".join(
        f"'{name}': round(mw_{name}{' + mw_tf_adj_name' if name == 'name' else ''}, 2)"
        for name in comparison_names()
    )
    return f"""
        with judged as (
            select
                *,
                list_filter([{vetoes}], lambda veto: veto is not null) as vetoes
            from {candidates}
        ),
        placed as (
            select
                *,
                row_number() over best as place,
                match_weight - lead(match_weight) over best as margin,
            from judged
            window best as (partition by mention_id order by match_weight desc, citizen_id)
        ),
        best as (
            select
                mention_id,
                min(citizen_id) filter (where place = 1) as citizen_id,
                max(match_probability) as score,
                max(match_weight) as match_weight,
                max(margin) filter (where place = 1) as margin,
                max(vetoes) filter (where place = 1) as vetoes,
                to_json(list({{
                    'citizen_id': citizen_id,
                    'match_weight': round(match_weight, 2),
                    'weights': {{{weights}}},
                    'vetoes': vetoes
                }} order by place) filter (where place <= {CANDIDATES_KEPT}))::varchar as candidates,
            from placed
            group by mention_id
        )
        select
            mention_id,
            case when score >= $review then citizen_id end as citizen_id,
            case
                when score < $review then 'UNLINKED'
                when score >= $link and coalesce(margin, $margin) >= $margin and vetoes = []
                    then 'LINKED'
                else 'REVIEW'
            end as decision,
            score,
            match_weight,
            margin,
            to_json(vetoes)::varchar as vetoes,
            candidates,
        from best
    """
