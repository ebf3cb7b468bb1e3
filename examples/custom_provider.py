"""Call a provider that is described in a YAML file, and see what is sent to it.

The file is `house.yaml`; check it with `ai-lib lint examples/house.yaml`.
"""

import asyncio
import os
from pathlib import Path

from ai_lib import AiClient

MANIFEST = Path(__file__).with_name("house.yaml")


async def main() -> None:
    builder = AiClient.builder().model("house/large").protocol_dir(MANIFEST)
    if base_url := os.environ.get("BASE_URL"):
        builder = builder.base_url(base_url)
    async with builder.build() as client:
        chat = client.chat().user("Hello, house!").max_tokens(100).seed(7)
        print(client.explain(chat.build()))
        response, stats = await chat.execute_with_stats()
        print(response.content)
        print("adapted:", *response.adaptations, sep="\n  ")
        print(f"{stats.cost:.6f} {stats.currency}")


if __name__ == "__main__":
    asyncio.run(main())
