"""The workers' side of this process: starts them, hands out orders, takes the measures."""

import json
import os
import subprocess
from contextlib import suppress

from benchmarks.machine import ROOT
from benchmarks.roster import ROSTER

Measure = dict[str, object]
_QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYDANTIC_AI_NO_TELEMETRY": "1"}


class ContenderFailed(Exception):
    """A contender did not do what was ordered; the message has its own last words."""


class Member:
    """One contender's process."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [ROSTER[name].python, "-m", "benchmarks.worker", name, url],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._read()

    def do(self, order: Measure) -> Measure:
        """Have an order carried out.

        Raises:
            ContenderFailed: it could not.
        """
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> Measure:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            found: Measure = json.loads(line)
            return found
        assert self._process.stderr is not None
        last = self._process.stderr.read().strip().rpartition("\n")[2]
        self.dismiss()
        raise ContenderFailed(last or "its process ended without a word")

    def dismiss(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class Crew:
    """The contenders at work, each started when it is first needed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._members: dict[str, Member] = {}

    def do(self, name: str, order: Measure) -> Measure:
        """Have a contender carry out an order.

        Raises:
            ContenderFailed: it could not; it is no longer at work then.
        """
        try:
            if name not in self._members:
                self._members[name] = Member(name, self.url)
            return self._members[name].do(order)
        except ContenderFailed:
            self._members.pop(name, None)
            raise

    def dismiss(self) -> None:
        """End every process."""
        while self._members:
            self._members.popitem()[1].dismiss()


def environment() -> dict[str, str]:
    """Return this environment, with what keeps a rival from asking the network for anything."""
    return {**os.environ, **_QUIET, "PYTHONHASHSEED": "0"}
