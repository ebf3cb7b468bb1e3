"""The fuzzers by their names."""

from tests.fuzz import costs, files, headers, partial, streams, syntax, tool_calls
from tests.fuzz.engine import Fuzzer

FUZZERS: dict[str, Fuzzer] = {
    "decoders": streams.decoders,
    "dialects": streams.dialects,
    "plain": streams.plain,
    "paths": syntax.paths,
    "expressions": syntax.expressions,
    "templates": syntax.templates,
    "manifests": syntax.manifests,
    "tool-calls": tool_calls.model,
    "sloppy-calls": tool_calls.sloppy,
    "headers": headers.headers,
    "partial": partial.partial,
    "torn": partial.torn,
    "cassettes": files.cassettes,
    "packed": files.packed,
    "caches": files.caches,
    "journals": files.journals,
    "costs": costs.costs,
}
