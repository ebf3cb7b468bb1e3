"""Asks the search of the built documentation: `python -m tests.documents.search_index SITE`.

It fails where one of the questions that people come with finds no page among the first, or where a
page has no Markdown beside it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

# What people type, and the page that answers it.
QUESTIONS: Final = {
    "azure": "clouds",
    "bedrock": "clouds",
    "vertex": "clouds",
    "django": "web-frameworks",
    "fastapi": "web-frameworks",
    "flask": "web-frameworks",
    "celery": "web-frameworks",
    "mcp": "mcp",
    "speech": "speech",
    "transcription": "speech",
    "image generation": "images",
    "video generation": "video",
    "realtime": "speech",
    ".env": "configuration",
    "custom headers": "configuration",
    "raw headers": "configuration",
    "proxy": "configuration",
    "logging": "configuration",
    "langchain": "moving",
    "another model": "quick-start",
    "saved conversations": "messages",
    "install": "quick-start",
    "clone": "quick-start",
    "providers variables": "providers",
    "ollama": "providers",
    "agents": "agents",
    "troubleshooting": "troubleshooting",
    "rate limit 429": "troubleshooting",
    "prompt caching": "prompt-caching",
    "response cache": "caching",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "web search": "hosted",
    "upload": "uploads",
    "upload file": "uploads",
    "embeddings": "batch",
    "command line": "command-line",
}
_FIRST: Final = 5


class Section(NamedTuple):
    """One entry of the index: where it is, and the words of its title and of its text."""

    location: str
    title: list[str]
    text: list[str]


def read_index(site: Path) -> tuple[list[Section], str]:
    """Return the sections of the index, and what separates words in it."""
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    separator = index["config"]["separator"]
    sections = [
        Section(
            entry["location"],
            split_words(entry["title"], separator),
            split_words(re.sub(r"<[^>]+>", " ", entry["text"]), separator),
        )
        for entry in index["docs"]
    ]
    return sections, separator


def split_words(text: str, separator: str) -> list[str]:
    """Return the words of a text in lower case."""
    return [word for word in re.split(separator, text.lower()) if word]


def find_pages(sections: list[Section], words: list[str]) -> list[str]:
    """Return the pages that have all of the words, the best first: as lunr, titles weigh more."""
    points: dict[str, float] = {}
    for section in sections:
        in_title = [any(word.startswith(w) for word in section.title) for w in words]
        in_text = [sum(word.startswith(w) for word in section.text) for w in words]
        if all(a or b for a, b in zip(in_title, in_text, strict=True)):
            page = section.location.partition("#")[0]
            is_page = "#" not in section.location
            dense = sum(in_text) / (20 + len(section.text))
            score = sum(in_title) * (2 if is_page else 1) / (1 + len(section.title)) + dense
            points[page] = max(points.get(page, 0.0), score)
    return sorted(points, key=lambda page: -points[page])


def list_problems(site: Path) -> list[str]:
    """Return a sentence for each question without its page, and each page without Markdown."""
    sections, separator = read_index(site)
    problems = []
    for question, name in QUESTIONS.items():
        pages = find_pages(sections, split_words(question, separator))
        guides = [page for page in pages if not page.startswith("reference/")]
        if f"{name}.html" not in guides[:_FIRST]:
            problems.append(f"{question!r} finds {guides[:_FIRST]}, and not {name}")
    listed = re.findall(r"\]\(([^)]+\.md)\)", (site / "llms.txt").read_text("utf-8"))
    pages = {section.location.partition("#")[0] for section in sections}
    wanted = {page.replace(".html", ".md") or "index.md" for page in pages}
    problems += [f"llms.txt does not list {page}" for page in sorted(wanted - set(listed))]
    problems += [f"{page} is not there" for page in listed if not (site / page).is_file()]
    return problems


if __name__ == "__main__":
    found = list_problems(Path(sys.argv[1]))
    sys.exit("\n".join(found) or 0)
