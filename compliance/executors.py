"""Which function runs the cases of each input type."""

from collections.abc import Callable, Mapping
from typing import Final

from compliance import chats, credentials, loading, operations, retries, streams, texts
from compliance.door import Runtime
from compliance.suite import Case

Executor = Callable[[Case, Runtime], None]


EXECUTORS: Final[Mapping[str, Executor]] = {
    "advanced_endpoint_mapping": operations.advanced_endpoint_mapping,
    "auth_attachment": credentials.auth_attachment,
    "capability_check": operations.capability_check,
    "capability_guard": operations.capability_guard,
    "content_block_encode": chats.content_block_encode,
    "credential_resolution": credentials.credential_resolution,
    "error_classification": chats.error_classification,
    "event_mapping": streams.event_mapping,
    "fallback_decision": operations.fallback_decision,
    "message_building": chats.message_building,
    "parameter_mapping": chats.parameter_mapping,
    "protocol_loading": loading.protocol_loading,
    "provider_mock_behavior": operations.provider_mock_behavior,
    "request_building": chats.request_building,
    "response_parsing": chats.response_parsing,
    "retry_decision": retries.retry_decision,
    "stream_decode": streams.stream_decode,
    "text_tool_hybrid": texts.text_tool_hybrid,
    "text_tool_parse": texts.text_tool_parse,
    "text_tool_prompt": texts.text_tool_prompt,
    "tool_accumulation": streams.tool_accumulation,
}
