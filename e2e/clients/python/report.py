"""Runs the actions of one client and prints one line of JSON for each.

It decides nothing about what an action does.
"""

import asyncio
import json
import os

SECONDS_PER_ACTION = 40

# The actions of this run, one a line; without the variable, all.
WANTED = os.environ["MCP_ACTIONS"].split("\n") if "MCP_ACTIONS" in os.environ else None


class NotApplicable(Exception):
    """What an action raises when the client or its protocol revision has no such thing."""


async def attempt(client, action, run):
    """Awaits `run()` and reports it, if the action is wanted; tells whether it passed."""
    if WANTED is not None and action not in WANTED:
        return False
    status, detail = "passed", ""
    try:
        detail = await asyncio.wait_for(run(), SECONDS_PER_ACTION) or ""
    except NotApplicable as reason:
        status, detail = "n/a", str(reason)
    except Exception as error:  # Whatever a client raises is the finding.
        status, detail = "FAILED", f"{type(error).__name__}: {error}"
    report(client, action, status, detail)
    return status == "passed"


def report(client, action, status, detail):
    line = {"client": client, "action": action, "status": status, "detail": detail}
    print(json.dumps(line), flush=True)


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_equal(found, expected, what):
    expect(found == expected, f"{what} is {found!r} instead of {expected!r}")
