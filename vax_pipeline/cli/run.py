"""`vax run`: the main job on a landing folder."""

from typing import Annotated

import typer

from vax_pipeline.cli.options import (
    AsOfOption,
    HomeOption,
    JsonOption,
    KnownAsOfOption,
    LandingOption,
    instant,
    optional_day,
    settings_for,
)
from vax_pipeline.cli.output import fail, print_json


def run(
    home: HomeOption = None,
    landing: LandingOption = None,
    date_: Annotated[
        str | None, typer.Option("--date", help="Only this delivery date (YYYY-MM-DD).")
    ] = None,
    as_of: AsOfOption = None,
    known_as_of: KnownAsOfOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Look at every delivery date again and rebuild all.")
    ] = False,
    pack: Annotated[
        str | None, typer.Option("--pack", help="Rule pack: vn_moh, us_acip_2021. [VAX_RULE_PACK]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Load what has landed, build, check and publish."""
    from checks.rule_pack import UnknownPackError, require_pack
    from vax_pipeline.cli.pipeline import run_pipeline
    from vax_pipeline.cli.report import print_run, with_escalations
    from vax_pipeline.core.feeds.places import PlaceError, open_place
    from vax_pipeline.core.home import HomeBusyError, held
    from vax_pipeline.core.labels import RULE_PACK_DIR
    from vax_pipeline.core.warehouse import WarehouseLockedError

    settings = settings_for(home, landing)
    if pack:
        settings = settings.model_copy(update={"rule_pack": pack})
    try:
        require_pack(RULE_PACK_DIR, settings.rule_pack)
    except UnknownPackError as error:
        fail(str(error))
    delivered = optional_day(date_)
    try:
        open_place(settings).check()
        with held(settings):
            outcome = run_pipeline(
                settings,
                day=delivered,
                as_of=instant(as_of),
                known_as_of=instant(known_as_of),
                is_full=full,
            )
    except (HomeBusyError, PlaceError, WarehouseLockedError) as error:
        fail(str(error))
    document = with_escalations(outcome.as_json(), settings)
    if as_json:
        print_json(document)
    else:
        print_run(document, settings)
    if not outcome.ok:
        raise typer.Exit(1)
