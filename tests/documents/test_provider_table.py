"""The page on providers lists what the manifests say."""

from tests.documents.provider_table import PAGE, START, replace_table


def test_the_table_of_providers_is_as_the_manifests_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert START in text
    assert replace_table(text) == text, "run python -m tests.documents.provider_table"
