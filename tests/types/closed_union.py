"""A `match` over all events is complete, one with an event less is not: `nox -s types` checks it.

An unused `type: ignore` is an error there, so the incomplete ones must be refused.
"""

from typing_extensions import assert_never

import ai_lib
import ai_lib_sync


def name_all_events(event: ai_lib.Event) -> str:
    match event:
        case ai_lib.PartialContentDelta():
            return "PartialContentDelta"
        case ai_lib.ThinkingDelta():
            return "ThinkingDelta"
        case ai_lib.ToolCallStarted():
            return "ToolCallStarted"
        case ai_lib.PartialToolCall():
            return "PartialToolCall"
        case ai_lib.ToolCallEnded():
            return "ToolCallEnded"
        case ai_lib.OpaqueContent():
            return "OpaqueContent"
        case ai_lib.HostedToolStarted():
            return "HostedToolStarted"
        case ai_lib.HostedToolDelta():
            return "HostedToolDelta"
        case ai_lib.HostedToolEnded():
            return "HostedToolEnded"
        case ai_lib.ImageContent():
            return "ImageContent"
        case ai_lib.AudioDelta():
            return "AudioDelta"
        case ai_lib.LogprobsDelta():
            return "LogprobsDelta"
        case ai_lib.Metadata():
            return "Metadata"
        case ai_lib.FinalCandidate():
            return "FinalCandidate"
        case ai_lib.StreamEnd():
            return "StreamEnd"
        case _:
            assert_never(event)


def name_most_events(event: ai_lib.Event) -> str:
    match event:
        case ai_lib.PartialContentDelta():
            return "PartialContentDelta"
        case ai_lib.ThinkingDelta():
            return "ThinkingDelta"
        case ai_lib.ToolCallStarted():
            return "ToolCallStarted"
        case ai_lib.PartialToolCall():
            return "PartialToolCall"
        case ai_lib.ToolCallEnded():
            return "ToolCallEnded"
        case ai_lib.OpaqueContent():
            return "OpaqueContent"
        case ai_lib.HostedToolStarted():
            return "HostedToolStarted"
        case ai_lib.HostedToolDelta():
            return "HostedToolDelta"
        case ai_lib.HostedToolEnded():
            return "HostedToolEnded"
        case ai_lib.ImageContent():
            return "ImageContent"
        case ai_lib.AudioDelta():
            return "AudioDelta"
        case ai_lib.LogprobsDelta():
            return "LogprobsDelta"
        case ai_lib.FinalCandidate():
            return "FinalCandidate"
        case ai_lib.StreamEnd():
            return "StreamEnd"
        case _:
            assert_never(event)  # type: ignore[arg-type]


def name_all_events_blocking(event: ai_lib_sync.Event) -> str:
    match event:
        case ai_lib_sync.PartialContentDelta():
            return "PartialContentDelta"
        case ai_lib_sync.ThinkingDelta():
            return "ThinkingDelta"
        case ai_lib_sync.ToolCallStarted():
            return "ToolCallStarted"
        case ai_lib_sync.PartialToolCall():
            return "PartialToolCall"
        case ai_lib_sync.ToolCallEnded():
            return "ToolCallEnded"
        case ai_lib_sync.OpaqueContent():
            return "OpaqueContent"
        case ai_lib_sync.HostedToolStarted():
            return "HostedToolStarted"
        case ai_lib_sync.HostedToolDelta():
            return "HostedToolDelta"
        case ai_lib_sync.HostedToolEnded():
            return "HostedToolEnded"
        case ai_lib_sync.ImageContent():
            return "ImageContent"
        case ai_lib_sync.AudioDelta():
            return "AudioDelta"
        case ai_lib_sync.LogprobsDelta():
            return "LogprobsDelta"
        case ai_lib_sync.Metadata():
            return "Metadata"
        case ai_lib_sync.FinalCandidate():
            return "FinalCandidate"
        case ai_lib_sync.StreamEnd():
            return "StreamEnd"
        case _:
            assert_never(event)


def name_most_events_blocking(event: ai_lib_sync.Event) -> str:
    match event:
        case ai_lib_sync.PartialContentDelta():
            return "PartialContentDelta"
        case ai_lib_sync.ThinkingDelta():
            return "ThinkingDelta"
        case ai_lib_sync.ToolCallStarted():
            return "ToolCallStarted"
        case ai_lib_sync.PartialToolCall():
            return "PartialToolCall"
        case ai_lib_sync.ToolCallEnded():
            return "ToolCallEnded"
        case ai_lib_sync.OpaqueContent():
            return "OpaqueContent"
        case ai_lib_sync.HostedToolStarted():
            return "HostedToolStarted"
        case ai_lib_sync.HostedToolDelta():
            return "HostedToolDelta"
        case ai_lib_sync.HostedToolEnded():
            return "HostedToolEnded"
        case ai_lib_sync.ImageContent():
            return "ImageContent"
        case ai_lib_sync.AudioDelta():
            return "AudioDelta"
        case ai_lib_sync.LogprobsDelta():
            return "LogprobsDelta"
        case ai_lib_sync.FinalCandidate():
            return "FinalCandidate"
        case ai_lib_sync.StreamEnd():
            return "StreamEnd"
        case _:
            assert_never(event)  # type: ignore[arg-type]
