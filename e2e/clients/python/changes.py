"""Changes objects in the folder that the gateway watches, and waits until a client was told."""

import asyncio
import os
import time
from pathlib import Path

from report import expect

SECONDS_TO_BE_TOLD = 2
WATCHED_URI = "config://watched"

TOOL = """\
apiVersion: mcp.example.com/v1alpha1
kind: MCPTool
metadata:
  name: {name}
  namespace: clients
  labels:
    mcp-server: clients
spec:
  service:
    name: backend-svc
    port: 8080
    path: /api/text
  method: GET
  inputSchema:
    type: object
"""

# The object of fixtures/watched.yaml, with another text.
WATCHED = """\
apiVersion: mcp.example.com/v1alpha1
kind: MCPResource
metadata:
  name: watched
  namespace: clients
  labels:
    mcp-server: clients
spec:
  content:
    uri: {uri}
    mimeType: text/plain
    text: {text}
"""


def replace_file(name, text):
    """Replaces a file at once, so that nobody reads half of it."""
    folder = os.environ.get("MCP_CONFIG_DIR")
    expect(folder, "MCP_CONFIG_DIR is not set")
    unfinished = Path(folder, f".{name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    return unfinished.rename(Path(folder, name))


def forget(arrivals):
    while not arrivals.empty():
        arrivals.get_nowait()


async def expect_to_be_told(arrivals, what, is_there):
    """Waits for notifications until the change can be seen.

    One may still tell of a change before it. `arrivals` is a queue of the times of arrival.
    """
    started = time.monotonic()
    while True:
        left = SECONDS_TO_BE_TOLD - (time.monotonic() - started)
        try:
            told = await asyncio.wait_for(arrivals.get(), max(left, 0))
        except asyncio.TimeoutError:
            raise AssertionError(f"no {what} within {SECONDS_TO_BE_TOLD} s") from None
        if await is_there():
            return f"told after {round((told - started) * 1000)} ms"


async def expect_tool_to_appear(client):
    """Writes the object of a new tool, waits for the notification, and lists."""
    name = f"appears-{client.name}"

    async def is_there():
        return name in [tool["name"] for tool in await client.list_tools()]

    async with client.tool_changes() as arrivals:
        expect(not await is_there(), f"{name} is there already")
        forget(arrivals)
        file = replace_file(f"{name}.yaml", TOOL.format(name=name))
        try:
            return await expect_to_be_told(arrivals, "list_changed", is_there)
        finally:
            file.unlink()


async def expect_resource_update(client):
    """Subscribes to a resource, changes its text, waits for the notification, and reads it."""
    text = f"written by {os.getpid()}"

    async def is_there():
        return (await client.read(WATCHED_URI))[0]["text"] == text

    async with client.updates(WATCHED_URI) as arrivals:
        expect(not await is_there(), f"the text is {text} already")
        forget(arrivals)
        replace_file("watched.yaml", WATCHED.format(uri=WATCHED_URI, text=text))
        return await expect_to_be_told(arrivals, "resources/updated", is_there)
