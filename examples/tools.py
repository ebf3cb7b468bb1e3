"""Let the model call Python functions until it has an answer."""

import asyncio
import os
from typing import Literal

from ai_lib import AiClient

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")


def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, object]:
    """Get the weather of a city.

    Args:
        city: The city's name.
        unit: What the temperature is in.
    """
    return {"city": city, "temperature": 22 if unit == "celsius" else 72, "sky": "clear"}


async def find_hotel(city: str, stars: int = 3) -> str:
    """Find a hotel in a city, of at least so many stars."""
    await asyncio.sleep(0)  # functions may wait
    return f"Hotel Central in {city}, {stars} stars"


async def main() -> None:
    question = "Please get weather for Rome, and find hotel there."
    async with AiClient.create(MODEL, base_url=BASE_URL) as client:
        run = await client.chat().user(question).run_tools([get_weather, find_hotel], max_rounds=5)
    for response in run.responses:
        for call in response.tool_calls:
            print(f"called {call.name} with {call.arguments}")
    print(run.content)
    print(f"{run.rounds} rounds, {run.usage.total_tokens} tokens")


if __name__ == "__main__":
    asyncio.run(main())
