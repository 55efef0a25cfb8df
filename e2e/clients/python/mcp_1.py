"""PyPI `mcp`, version 1, which speaks the legacy era: `mcp_1.py NAME`."""

import asyncio
import inspect
import os
import sys
import time
from contextlib import asynccontextmanager

from mcp import ClientSession, types
from mcp.client import streamable_http
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from actions import run_actions
from long_calls import ELICITATION_CONTENT
from report import attempt

# Renamed within version 1.
connect_to = getattr(streamable_http, "streamable_http_client", None) or (
    streamable_http.streamablehttp_client
)


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def takes(function, parameter):
    return parameter in inspect.signature(function).parameters


class Client:
    """What `actions` wants of a client."""

    Error = McpError
    modern = False
    has_progress = takes(ClientSession.call_tool, "progress_callback")

    def __init__(self, name):
        self.name = name
        self.version = ""
        self.session = None
        self.tools_changed = asyncio.Queue()
        self.updated = asyncio.Queue()

    async def on_message(self, message):
        notification = getattr(message, "root", None)
        if isinstance(notification, types.ToolListChangedNotification):
            self.tools_changed.put_nowait(time.monotonic())
        elif isinstance(notification, types.ResourceUpdatedNotification):
            self.updated.put_nowait(time.monotonic())

    async def list_tools(self):
        return wire(await self.session.list_tools())["tools"]

    async def call(self, name, arguments, on_progress=None):
        more = {} if on_progress is None else {"progress_callback": on_progress}
        return wire(await self.session.call_tool(name, arguments, **more))

    @asynccontextmanager
    async def hanging_call(self, name, arguments):
        # The package neither sends this notification by itself nor tells the id of a request; ids
        # are counted.
        request_id = self.session._request_id
        call = asyncio.create_task(self.call(name, arguments))

        async def cancel():
            params = types.CancelledNotificationParams(requestId=request_id, reason="the user left")
            notification = types.CancelledNotification(
                method="notifications/cancelled", params=params
            )
            await self.session.send_notification(types.ClientNotification(notification))

        # The task takes the id when it first runs, before any other request can.
        await asyncio.sleep(0)
        try:
            yield cancel
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    async def list_prompts(self):
        return wire(await self.session.list_prompts())["prompts"]

    async def get_prompt(self, name, arguments):
        return wire(await self.session.get_prompt(name, arguments))["messages"]

    async def list_resources(self):
        return wire(await self.session.list_resources())["resources"]

    async def list_templates(self):
        return wire(await self.session.list_resource_templates())["resourceTemplates"]

    async def read(self, uri):
        return wire(await self.session.read_resource(AnyUrl(uri)))["contents"]

    async def complete_prompt(self, name, argument):
        reference = types.PromptReference(type="ref/prompt", name=name)
        return (await self.session.complete(reference, argument)).completion.values

    async def complete_template(self, uri, argument):
        # Named differently before 1.9.
        kind = getattr(types, "ResourceTemplateReference", None) or types.ResourceReference
        reference = kind(type="ref/resource", uri=uri)
        return (await self.session.complete(reference, argument)).completion.values

    async def ping(self):
        await self.session.send_ping()

    @asynccontextmanager
    async def tool_changes(self):
        yield self.tools_changed

    @asynccontextmanager
    async def updates(self, uri):
        await self.session.subscribe_resource(AnyUrl(uri))
        try:
            yield self.updated
        finally:
            await self.session.unsubscribe_resource(AnyUrl(uri))

    @staticmethod
    def error_code(error):
        return error.error.code if isinstance(error, McpError) else None


async def on_elicitation(_context, _params):
    return types.ElicitResult(action="accept", content=ELICITATION_CONTENT)


async def run(name):
    client = Client(name)
    callbacks = {"message_handler": client.on_message}
    if takes(ClientSession.__init__, "elicitation_callback"):
        callbacks["elicitation_callback"] = on_elicitation
    async with (
        connect_to(os.environ["MCP_URL"]) as (read, write, _),
        ClientSession(read, write, **callbacks) as client.session,
    ):

        async def connect():
            client.version = (await client.session.initialize()).protocolVersion
            return client.version

        if await attempt(name, "connect", connect):
            await run_actions(client)


asyncio.run(run(sys.argv[1]))
