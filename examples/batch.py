"""Ask many questions, some at once, with progress; a second run resumes where the first ended.

Pass files with one question a line, or none to ask three built-in questions.
"""

import asyncio
import os
import sys
from pathlib import Path

from ai_lib import AiClient
from ai_lib.batch import BatchConfig, BatchExecutor

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")
QUESTIONS = ["What is a monad?", "What is a mutex?", "What is a manifest?"]


async def main(questions: list[str]) -> None:
    async with AiClient.create(MODEL, base_url=BASE_URL) as client:

        async def ask(question: str) -> str:
            return (await client.chat().user(question).max_tokens(200).execute()).content

        config = BatchConfig(max_concurrent=4, timeout=60, journal="answers.jsonl")
        result = await BatchExecutor(ask, config=config).execute_with_progress(questions)
    for question, answer in zip(questions, result.results, strict=True):
        print(f"{question}\n  {answer}")
    for index, error in result.get_errors():
        print(f"{questions[index]}\n  failed: {error}")
    print(f"{result.successful_count} answers, {result.resumed_count} of them from before")


if __name__ == "__main__":
    files = [Path(path).read_text(encoding="utf-8").split("\n") for path in sys.argv[1:]]
    asyncio.run(main([line for lines in files for line in lines if line] or QUESTIONS))
