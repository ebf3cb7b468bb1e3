"""The results as a table by type, with the reasons of those that did not pass."""

from collections import Counter
from collections.abc import Sequence

from compliance.runner import Result, Status

_WORST_FIRST: tuple[Status, ...] = ("failed", "not yet", "contradicted", "passed")


def format_table(results: Sequence[Result], *, verbose: bool = False) -> str:
    """Return the results as text; a case has passed when it has on every runtime."""
    worst: dict[str, Result] = {}
    for result in sorted(results, key=lambda result: _WORST_FIRST.index(result.status)):
        worst.setdefault(result.case.label, result)
    counts: dict[str, Counter[Status]] = {}
    for result in sorted(worst.values(), key=lambda result: result.case.type):
        counts.setdefault(result.case.type, Counter())[result.status] += 1
    counts["all"] = Counter(result.status for result in worst.values())
    columns = tuple(reversed(_WORST_FIRST))
    lines = [f"{'type':28}" + "".join(f"{name:>14}" for name in columns)]
    for kind, counter in counts.items():
        lines.append(f"{kind:28}" + "".join(f"{counter[name]:>14}" for name in columns))
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for result in results:
        if verbose or result.status != "passed":
            key = (result.case.label, result.status, result.reason)
            reasons.setdefault(key, []).append(result.runtime)
    for (label, status, reason), runtimes in reasons.items():
        lines.append(f"{status}: {label} ({', '.join(runtimes)}) {reason}".rstrip())
    return "\n".join(lines)
