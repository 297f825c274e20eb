"""The generated pages say what the code says."""

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import PROJECT_ROOT


def test_every_column_of_every_feed_is_documented() -> None:
    page = (PROJECT_ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
    for feed in FEEDS.values():
        assert f"## {feed.name}\n" in page
        section = page.split(f"## {feed.name}\n")[1].split("\n## ")[0]
        missing = [name for name in feed.column_names if f"| {name} |" not in section]
        assert not missing, f"run `make docs`: {feed.name} lacks {missing}"


def test_every_table_of_the_dbt_project_is_in_the_data_dictionary() -> None:
    page = (PROJECT_ROOT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    models = (PROJECT_ROOT / "dbt_project" / "models").glob("*/**/*.sql")
    missing = [model.stem for model in models if f".{model.stem}\n" not in page]
    assert not missing, f"run `make docs`: {missing} are not described"
