"""The table of the page on providers: `python -m tests.documents.provider_table` writes it there.

A test compares.
"""

from pathlib import Path
from typing import Final

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.transport.credentials.lookup import list_key_variables

PAGE: Final = Path(__file__).parents[2] / "docs" / "providers.md"
START: Final = "<!-- providers: python -m tests.documents.provider_table -->\n"
END: Final = "<!-- /providers -->\n"


def make_table() -> str:
    """Return a row for each bundled provider, from its manifest."""
    catalog = ManifestCatalog()
    lines = ["| provider | aliases | key | also | API families | documentation |", "|---" * 6 + "|"]
    for name in catalog.list_providers():
        compiled = catalog.load(name)
        manifest = compiled.manifest
        keys = list_key_variables(manifest)
        key = ", ".join(f"`{variable}`" for variable in keys[:2])
        settings = manifest.raw.get("variables") or {}
        variables = [
            f"`{variable}`"
            for setting in settings.values()
            for variable in (setting.get("env") or ())[:1]
        ]
        families = manifest.api_families or (("-",) if compiled.can_chat is False else ())
        site = manifest.raw.get("official_url", "")
        cells = [
            f"`{manifest.id}`",
            ", ".join(f"`{alias}`" for alias in manifest.aliases),
            f"{key} (optional)" if manifest.auth.optional else key,
            ", ".join(variables),
            ", ".join(f"`{family}`" for family in families if family != "-") or "no chats",
            f"[{site.partition('://')[2].split('/')[0]}]({site})" if site else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def replace_table(page: str) -> str:
    """Return a page with the table as it is now."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{make_table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(replace_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
