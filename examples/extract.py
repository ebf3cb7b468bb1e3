"""Extract facts from a text, as values of a type."""

import os
from typing import Annotated, Literal

import msgspec

from ai_lib_sync import AiClient
from ai_lib_sync.errors import InvalidOutput

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")
LETTER = """
Our washing machine, ordered on 3 May under number 20417, has leaked since the first day. The
kitchen is flooded again. Please send somebody at once. Kim Berger
"""


class Complaint(msgspec.Struct):
    """What a customer's letter says."""

    customer: str
    product: str
    order_number: Annotated[int, msgspec.Meta(ge=0)]
    urgency: Literal["low", "normal", "high"]


def main() -> None:
    with AiClient.create(MODEL, base_url=BASE_URL) as client:
        chat = client.chat().system("Take the facts out of the letter.").user(LETTER)
        try:
            output = chat.execute_structured(Complaint, max_reasks=2)
        except InvalidOutput as error:
            print("no response fits the type:", error)
            return
    print(output.value)
    print(f"asked {output.asks} time(s), {output.usage.total_tokens} tokens")


if __name__ == "__main__":
    main()
