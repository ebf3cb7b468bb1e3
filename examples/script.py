"""Ask a question, then stream a response, in a plain script."""

import os
import sys

from ai_lib_sync import AiClient, AiLibError

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")


def main() -> None:
    with AiClient.create(MODEL, base_url=BASE_URL) as client:
        response = client.chat().system("Be brief.").user("What is 2+2?").execute()
        print(response.content, f"({response.usage.total_tokens} tokens)")

        with client.chat().user("Tell me a story in two sentences.").stream() as stream:
            for event in stream:
                if event.is_content_delta:
                    print(event.as_content_delta.text, end="", flush=True)
        stats = stream.stats()
        print(f"\n(first token after {stats.time_to_first_token_ms:.0f} ms)")


if __name__ == "__main__":
    try:
        main()
    except AiLibError as error:
        sys.exit(str(error))
