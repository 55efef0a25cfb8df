"""Calls that take a while: with progress, cancelled, refused, and with a question to the client."""

import asyncio
import json
import os
import time

from report import NotApplicable, expect, expect_equal

# What the client answers to the question of the tool `ask-name`.
ELICITATION_CONTENT = {"name": "Ada"}

SECONDS_FOR_THE_BACKEND = 3


def text_of(result):
    return "\n".join(block.get("text", "") for block in result["content"])


async def call_with_progress(client):
    if not client.has_progress:
        raise NotApplicable("the client has no progress callback")
    arrived = []

    async def on_progress(progress, *_):
        arrived.append((progress, time.monotonic()))

    result = await client.call("work", {}, on_progress)
    expect(not result.get("isError"), f"isError: {text_of(result)}")
    expect_equal(text_of(result), "The work is done.", "text")
    expect_equal([progress for progress, _ in arrived], [0, 50, 100], "progress")
    # The backend pauses 50 ms between two events: they came as they were sent, not all at the end.
    spread = arrived[2][1] - arrived[0][1]
    expect(spread > 0.05, f"all progress came within {round(spread * 1000)} ms")


async def await_state(client, call_id, wanted):
    """Waits until the backend says this about the call with the id, over the same connection."""
    started = time.monotonic()
    state = None
    while time.monotonic() - started < SECONDS_FOR_THE_BACKEND:
        result = await client.call("hang-state", {"id": call_id})
        expect(not result.get("isError"), f"isError of hang-state: {text_of(result)}")
        state = json.loads(text_of(result))["state"]
        if state == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the backend's request is {state} instead of {wanted}")


async def cancel_call(client):
    call_id = f"{client.name}-{os.getpid()}"
    async with client.hanging_call("hang", {"id": call_id}) as cancel:
        await await_state(client, call_id, "open")
        await cancel()
        await await_state(client, call_id, "dropped")


async def refuse_call(client):
    """Two calls at once of a tool that takes one: what became of each, and of the next one."""
    slow = [client.call("one-at-a-time", {"ms": 700}) for _ in range(2)]
    outcomes = await asyncio.gather(*slow, return_exceptions=True)
    refusals = [
        outcome
        for outcome in outcomes
        if isinstance(outcome, BaseException) or outcome.get("isError")
    ]
    expect_equal(len(refusals), 1, f"number of refused calls ({refusals})")
    [refusal] = refusals
    if isinstance(refusal, BaseException):
        # What a client tells of an HTTP status is its own affair; legacy ones never see one.
        expect(client.modern, f"{type(refusal).__name__}: {refusal}")
        expect(isinstance(refusal, client.Error), f"{type(refusal).__name__}: {refusal}")
        surfaced = f"an error, {client.error_code(refusal)}: {refusal}"
    else:
        expect("try again in" in text_of(refusal).lower(), f"the refusal says {text_of(refusal)}")
        surfaced = "a result with isError"

    after = await client.call("one-at-a-time", {"ms": 1})
    expect(not after.get("isError"), f"isError of the next call: {text_of(after)}")
    return surfaced


async def answer_elicitation(client):
    if client.version < "2025-06-18":
        raise NotApplicable("the revision has no elicitation")
    result = await client.call("ask-name", {"greeting": "Hello"})
    expect(not result.get("isError"), f"isError: {text_of(result)}")
    expect_equal(text_of(result), "Hello Ada", "text")
