"""Ask another model when the first one can't be reached, and list the attempts.

The first target is an address where no server listens, so that the fallback is used.
"""

import asyncio
import os

from ai_lib import AiClient
from ai_lib.resilience import RetryConfig

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")


async def main() -> None:
    builder = (
        AiClient.builder()
        .model("ollama/llama3.2")
        .base_url("http://127.0.0.1:9/v1")
        .with_fallbacks([MODEL])
        .with_retry(RetryConfig(max_retries=1, min_delay_ms=10))
    )
    if BASE_URL:
        builder = builder.base_url_for(MODEL, BASE_URL)
    async with builder.build() as client:
        response = await client.chat().user("Are you there?").timeout(30).execute()
        print(response.content)
        for attempt in response.attempts:
            print(f"{attempt.provider:8} {attempt.ended:12} {attempt.error or ''}")


if __name__ == "__main__":
    asyncio.run(main())
