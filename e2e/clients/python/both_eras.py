"""What clients on top of PyPI `mcp`, version 2, have in common, whichever era they negotiated."""

import asyncio
import time
from contextlib import asynccontextmanager

from mcp import MCPError
from mcp_types import ResourceUpdatedNotification, ToolListChangedNotification
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from actions import run_actions
from report import attempt, expect, report


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


class BothEras:
    """The part of what `actions` wants of a client that differs between the eras.

    A subclass sets `client` and adds `call`, `listen`, `subscribe`, `unsubscribe` and what has
    nothing to do with eras.
    """

    Error = MCPError
    has_progress = True

    def __init__(self, name):
        self.name = name
        self.client = None
        self.tools_changed = asyncio.Queue()
        self.updated = asyncio.Queue()

    @property
    def version(self):
        return self.client.protocol_version

    @property
    def modern(self):
        return self.version in MODERN_PROTOCOL_VERSIONS

    async def on_message(self, message):
        if isinstance(message, ToolListChangedNotification):
            self.tools_changed.put_nowait(time.monotonic())
        elif isinstance(message, ResourceUpdatedNotification):
            self.updated.put_nowait(time.monotonic())

    @asynccontextmanager
    async def hanging_call(self, name, arguments):
        call = asyncio.create_task(self.call(name, arguments))

        async def cancel():
            # The package tells the server in the way of the era.
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            expect(call.cancelled(), "the call ended before it was cancelled")

        try:
            yield cancel
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    @asynccontextmanager
    async def listening(self, **topics):
        """A queue of the times at which events of a stream of its own came."""
        arrivals = asyncio.Queue()

        async def take(events):
            async for _ in events:
                arrivals.put_nowait(time.monotonic())

        async with self.listen(**topics) as events:
            taking = asyncio.create_task(take(events))
            try:
                yield arrivals
            finally:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)

    @asynccontextmanager
    async def tool_changes(self):
        if self.modern:
            async with self.listening(tools_list_changed=True) as arrivals:
                yield arrivals
        else:
            yield self.tools_changed

    @asynccontextmanager
    async def updates(self, uri):
        if self.modern:
            async with self.listening(resource_subscriptions=[uri]) as arrivals:
                yield arrivals
            return
        await self.subscribe(uri)
        try:
            yield self.updated
        finally:
            await self.unsubscribe(uri)

    @staticmethod
    def error_code(error):
        return error.code if isinstance(error, MCPError) else None


async def run_connected(wrapped, wants_modern):
    """Connects the client, which has to end up in the era that is wanted, and does everything."""

    async def connect():
        version = wrapped.version
        expect(wrapped.modern == wants_modern, f"the version is {version}")
        return version

    is_connected = False
    try:
        async with wrapped.client:
            is_connected = True
            if await attempt(wrapped.name, "connect", connect):
                await run_actions(wrapped)
    except Exception as error:  # Whatever a client raises is the finding.
        if is_connected:
            raise
        report(wrapped.name, "connect", "FAILED", f"{type(error).__name__}: {error}")
