"""Makes a tool appear in the folder that the gateway watches, and waits until a client was told."""

import asyncio
import os
import time
from pathlib import Path

from report import expect

SECONDS_TO_BE_TOLD = 2

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


async def expect_tool_to_appear(name, folder, arrivals, list_names):
    """Writes the object of a new tool, waits for the notification, and lists.

    `arrivals` is a queue of the times at which notifications came.
    """
    expect(folder, "MCP_CONFIG_DIR is not set")
    before = await list_names()
    expect(name not in before, f"{name} is there already")

    file = Path(folder, f"{name}.yaml")
    unfinished = Path(folder, f".{name}.unfinished")
    unfinished.write_text(TOOL.format(name=name), encoding="utf-8")
    while not arrivals.empty():
        arrivals.get_nowait()
    started = time.monotonic()
    os.rename(unfinished, file)
    try:
        # A notification may still tell of a change before this one, so what counts is the list.
        while True:
            left = SECONDS_TO_BE_TOLD - (time.monotonic() - started)
            try:
                told = await asyncio.wait_for(arrivals.get(), max(left, 0))
            except asyncio.TimeoutError:
                message = f"no list_changed within {SECONDS_TO_BE_TOLD} s"
                raise AssertionError(message) from None
            if name in await list_names():
                return f"told after {round((told - started) * 1000)} ms"
    finally:
        file.unlink()
