"""Which function runs the cases of each input type."""

from collections.abc import Callable, Mapping
from typing import Final

from compliance import chats, credentials, loading, operations, retries, streams, texts
from compliance.runtime_client import Runtime
from compliance.suite import Case

Executor = Callable[[Case, Runtime], None]


EXECUTORS: Final[Mapping[str, Executor]] = {
    "advanced_endpoint_mapping": operations.run_advanced_endpoint_mapping,
    "auth_attachment": credentials.run_auth_attachment,
    "capability_check": operations.run_capability_check,
    "capability_guard": operations.run_capability_guard,
    "content_block_encode": chats.run_content_block_encode,
    "credential_resolution": credentials.run_credential_resolution,
    "error_classification": chats.run_error_classification,
    "event_mapping": streams.run_event_mapping,
    "fallback_decision": operations.run_fallback_decision,
    "message_building": chats.run_message_building,
    "parameter_mapping": chats.run_parameter_mapping,
    "protocol_loading": loading.run_protocol_loading,
    "provider_mock_behavior": operations.run_provider_mock_behavior,
    "request_building": chats.run_request_building,
    "response_parsing": chats.run_response_parsing,
    "retry_decision": retries.run_retry_decision,
    "stream_decode": streams.run_stream_decode,
    "text_tool_hybrid": texts.run_text_tool_hybrid,
    "text_tool_parse": texts.run_text_tool_parse,
    "text_tool_prompt": texts.run_text_tool_prompt,
    "tool_accumulation": streams.run_tool_accumulation,
}
