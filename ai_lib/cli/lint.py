"""`ai-lib lint`: what is wrong with manifests, one line for each thing, with its place."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ai_lib.protocol.lab import lint_file


def lint(files: Sequence[str], *, strict: bool = False) -> int:
    """Write what is wrong to standard output; 1 when there is an error (strict: or a warning)."""
    errors = warnings = 0
    for name in files:
        for problem in lint_file(Path(name)):
            sys.stdout.write(f"{problem.severity}: {problem}\n")
            errors += problem.severity == "error"
            warnings += problem.severity == "warning"
    count = f"{len(files)} file{'s' * (len(files) != 1)}"
    sys.stdout.write(f"{count}: {errors} error(s), {warnings} warning(s)\n")
    return 1 if errors or (strict and warnings) else 0
