"""Checks the parameters of a request where they are given: their names, types and ranges."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from typing import Any, Final, cast

from ai_lib.errors.exceptions import InvalidArguments, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.request import read_effort

Check = Callable[[object], bool]

_MOST: Final = 100_000_000


def check_parameter(name: str, value: object, compiled: CompiledManifest) -> str:
    """Return the standard name of a parameter, whose value fits it.

    Known are the standard names, those that other APIs use for them, those that providers have of
    their own, and those that the target's manifest lists.

    Raises:
        InvalidArguments: the name is unknown, or the value is of another type or out of range.
        RequestError: the value is a number that JSON can't hold.
    """
    name = _OTHER_NAMES.get(name, name)
    if name not in _KINDS and name not in _list_declared(compiled):
        raise _make_unknown(name, compiled)
    if name == "reasoning_effort" and value is not None:
        try:
            read_effort(value)
        except ValueError as error:
            raise InvalidArguments(str(error), path=name) from error
        return name
    expected, is_fit = _KINDS.get(name, _ANY)
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise RequestError(f"{name}={value} can't be sent: it is no finite number")
    if not is_fit(value):
        raise InvalidArguments(f"{name}={value!r:.100} is no {expected}", path=name)
    low, high = _find_range(name, compiled)
    number = cast("Any", value) if _is_number(value) else None
    if number is None:
        return name
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = f"from {low:g} on" if high is None else f"{low or 0:g} to {high:g}"
        raise InvalidArguments(f"{name}={value} is out of range: it is {bounds}", path=name)
    return name


def _find_range(name: str, compiled: CompiledManifest) -> tuple[float | None, float | None]:
    """Return the bounds of a parameter: the provider's where its manifest states them."""
    low, high = _RANGES.get(name, _UNBOUNDED)
    declared = compiled.parameters.get(name)
    if declared is None:
        return low, high
    return (
        low if declared.minimum is None else declared.minimum,
        high if declared.maximum is None else declared.maximum,
    )


def _list_declared(compiled: CompiledManifest) -> Iterable[str]:
    shape = compiled.dialect.request
    return {*compiled.parameters, *shape.parameters, *shape.options}


def _make_unknown(name: str, compiled: CompiledManifest) -> InvalidArguments:
    method = _METHODS.get(name)
    if method is not None:
        return InvalidArguments(f"{name!r} is no parameter: {method}", path=name)
    from difflib import get_close_matches

    names = {*_KINDS, *_OTHER_NAMES, *_list_declared(compiled)}
    near = get_close_matches(name, sorted(names), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InvalidArguments(
        f"{name!r} is no known parameter; {hint}What has no name here is sent as it is by "
        f"extra({{{name!r}: ...}})",
        path=name,
    )


def _is_number(value: object) -> bool:
    is_real = isinstance(value, Real | Decimal) and not isinstance(value, bool)
    return is_real and bool(value == value)  # NaN equals nothing


def _is_integer(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and bool(0 < value <= _MOST and value == int(value))


def _is_flag(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, Integral) and value in (0, 1))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_texts(value: Any) -> bool:
    return _is_text(value) or (_is_list(value) and all(map(_is_text, value)))


def _is_any(_: object) -> bool:
    return True


_ANY: Final[tuple[str, Check]] = ("value", _is_any)
_UNBOUNDED: Final = (None, None)
_NAMES: Final[Mapping[tuple[str, Check], str]] = {
    ("number", _is_number): """
        temperature top_p frequency_penalty presence_penalty min_p top_a typical_p
        repetition_penalty repeat_penalty length_penalty penalty_score mirostat_tau mirostat_eta
        mirostat_lr mirostat_target dynatemp_range dynatemp_exponent top_n_sigma xtc_probability
        xtc_threshold dry_multiplier dry_base
    """,
    ("count: it is a whole number from 1 on", _is_count): """
        max_tokens n best_of max_tool_calls
        stream_interval
    """,
    ("whole number", _is_integer): """
        top_k seed top_logprobs min_tokens prompt_logprobs top_prompt_logprobs repeat_last_n
        mirostat dry_allowed_length dry_penalty_last_n n_probs min_keep id_slot n_keep n_discard
        t_max_predict_ms truncate_prompt_tokens prompt_truncate_len num_ctx num_batch num_gpu
        num_thread thinking_token_budget ttl num_search_results reasoning_budget
        n_indent n_cache_reuse sse_ping_interval echo_last
    """,
    ("true or false", _is_flag): """
        logprobs parallel_tool_calls store background safe_prompt strict_tools include_reasoning
        disable_tool_validation ignore_eos skip_special_tokens spaces_between_special_tokens
        include_stop_str_in_output add_generation_prompt continue_final_message
        add_special_tokens echo return_tokens_as_token_ids return_token_ids use_beam_search
        cache_prompt return_tokens timings_per_token post_sampling_probs parse_tool_calls
        return_progress enable_thinking enable_search vl_high_resolution_images
        enable_code_interpreter tool_stream do_sample deferred return_images
        return_related_questions disable_search enable_search_classifier raw_output
        perf_metrics_in_response mask_sensitive_info audio_timestamp enable_affective_dialog
        clear_thinking disable_reasoning think
        return_prompt_text watermarking watermark_enabled reasoning_control safe_tokenization
        preserve_thinking no_stop_trim separate_reasoning stream_reasoning return_hidden_states
    """,
    ("text", _is_text): """
        user user_id safety_identifier prompt_cache_key prompt_cache_retention service_tier
        verbosity truncation previous_response_id instructions reasoning_summary
        inference_geo speed safety_mode prompt_mode reasoning_format chat_template
        request_id cache_salt grammar cached_content media_resolution response_mime_type
        search_mode search_recency_filter search_after_date_filter search_before_date_filter
        last_updated_after_filter last_updated_before_filter language_preference route
        safety_model context_length_exceeded_behavior session_id user_profile_id draft_model
        truncation_side prompt_cache_isolation_key reasoning_history compliance tool_prompt
        guideline custom_logit_processor
    """,
    ("text or list of texts", _is_texts): "stop_sequences stop_regex lora_path extra_key rid",
    ("dict", _is_object): """
        logit_bias metadata audio web_search_options thinking cache_control context_management
        citation_options search_settings chat_template_kwargs mm_processor_kwargs
        structured_outputs kv_transfer_params vllm_xargs search_options translation_options
        search_parameters thinking_config speech_config labels provider reasoning_options
        moderation stream_options prompt_cache_options model_selection_config
        media_response compound_custom
        media_io_kwargs repetition_detection ec_transfer_params model_parameters meta
        sensitive_word_check image_config trace custom_params session_params
    """,
    ("list", _is_list): """
        modalities include safety_settings response_modalities documents stop_token_ids
        allowed_token_ids mcp_servers models transforms plugins exclude_domains include_domains
        search_domain_filter image_domain_filter image_format_filter search_language_filter
        dry_sequence_breakers response_fields lora guardrails
        logprob_token_ids
    """,
    _ANY: """
        reasoning_effort prediction conversation prompt container keep_alive bad_words samplers
        json_schema priority format options speculation web_search
    """,
}
_KINDS: Final[Mapping[str, tuple[str, Check]]] = {
    name: kind for kind, names in _NAMES.items() for name in names.split()
}
_RANGES: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "temperature": (0, None),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "top_k": (-1, None),
    "top_logprobs": (-1, None),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "repetition_penalty": (0, None),
    "min_tokens": (0, None),
    "reasoning_budget": (-1, None),
}
# What other APIs call the standard parameters.
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "stop": "stop_sequences",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "num_predict": "max_tokens",
    "n_predict": "max_tokens",
    "random_seed": "seed",
    "candidate_count": "n",
    "response_logprobs": "logprobs",
    "thinking_budget": "reasoning_budget",
}
_METHODS: Final[Mapping[str, str]] = {
    "messages": "give it with messages()",
    "system": "give it with system()",
    "tools": "give them with tools()",
    "functions": "give them with tools()",
    "tool_choice": "give it with tool_choice()",
    "function_call": "give it with tool_choice()",
    "response_format": "give it with response_format()",
    "response_schema": "give it with response_format()",
    "output_config": "give it with response_format() or reasoning()",
    "reasoning": "give it with reasoning()",
    "stream": "call stream() in place of execute()",
    "timeout": "give it with timeout()",
    "model": "a client is made for its model",
    "extra_body": "give its members with extra()",
    "extra_headers": "headers are no part of the body",
}
