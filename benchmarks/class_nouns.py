"""The nouns that a class name may end in.

FIELD_NOUNS are last words of class names in httpcore, httpx, anyio, trio, h11, psycopg, openai,
anthropic, structlog, tenacity, jsonschema, opentelemetry, prometheus_client, starlette, redis,
sqlalchemy and pydantic-ai. PROJECT_NOUNS are terms of the field that those libraries have no
class for: each stands for one thing here. A name that fails needs another noun, seldom a row.
"""

FIELD_NOUNS = frozenset(
    """
    account accumulator address arguments array assembler attempt auth backend batch block body
    breaker bridge bucket buckets budget builder cache call calling calls candidate capabilities
    chain change check checker choice chunk citation client collector completed config connection
    content context conversation cost count counter counts credential deadline deadlines decoder
    definition deflate delta detector dialect dispatcher document element embedding embeddings
    encoding end endpoint engine entry environment error errors event events examples exchange
    execution executor exists exporter expression failure fallback family fetch fields file
    filter first flag format frame generator group handle handler header headers health
    histogram hook ids image index info input item job json kind large lease like limiter limits
    line lines linter list listener literal live loader location lock log logger logprob lookup
    maker manager code
    mapper mapping match member message metadata meter metrics middleware mismatch mode model
    object observation of open operation options origin outcome output page parameter parser
    part path pattern pipeline plugin policy pool probe provider providers proxy query question
    queue reader reason record refusal registry reply report request reservation response result
    retry role route rule rules run runner sample scope secret segment select selector semaphore
    series server service set settings signature snapshot source span stamp state stats status
    storage store strategy stream streaming tag target tasks template termination text tier
    timeout timer token tool tools tracer tracker transcription transform transport tunnel turn type
    update upload usage use validator version video violation waiter window writer
    """.split()
)

PROJECT_NOUNS = frozenset(
    """
    admission apply argument availability backpressure bar blocks bounds candidates catalog circuit
    comparison contract counters credentials dialer estimate estimator evaluation explanation
    features feedback field finder finding findings fitter flight folder gcra guardrail head heads
    interceptor invocation joiner journal labels leaf lexer lifecycle loop manifest media
    multimodal multipart not out paths permit plan pools position positions prices pricing priority
    problem process prompt quota redactor resource routes scanner section severity shape sink slot
    spec syntax tags tooling vectors widget
    """.split()
)

# An exception may end in a participle or an adjective, after a noun: `StreamTruncated`.
EXCEPTION_ENDINGS = frozenset(
    """
    aborted allowed busy cancelled changed closed exceeded expired failed filtered found gone
    interrupted invalid lost missing open refused required short stopped truncated unavailable
    unknown unsupported
    """.split()
)

# An event of a stream may say that something began or ended: `ToolCallStarted`.
EVENT_ENDINGS = frozenset({"started", "ended"})
