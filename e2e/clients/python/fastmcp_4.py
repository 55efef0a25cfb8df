"""PyPI `fastmcp`, version 4: `fastmcp_4.py NAME auto|legacy`."""

import asyncio
import os
import sys

from fastmcp import Client
from mcp.client.subscriptions import listen
from mcp_types import PromptReference, ResourceTemplateReference

from both_eras import BothEras, run_connected, wire
from long_calls import ELICITATION_CONTENT


class Wrapped(BothEras):
    """What `actions` wants of a client."""

    async def list_tools(self):
        return wire(await self.client.list_tools_mcp())["tools"]

    async def call(self, name, arguments, on_progress=None):
        result = await self.client.call_tool_mcp(name, arguments, progress_handler=on_progress)
        return wire(result)

    async def list_prompts(self):
        return wire(await self.client.list_prompts_mcp())["prompts"]

    async def get_prompt(self, name, arguments):
        return wire(await self.client.get_prompt_mcp(name, arguments))["messages"]

    async def list_resources(self):
        return wire(await self.client.list_resources_mcp())["resources"]

    async def list_templates(self):
        return wire(await self.client.list_resource_templates_mcp())["resourceTemplates"]

    async def read(self, uri):
        return wire(await self.client.read_resource_mcp(uri))["contents"]

    async def complete_prompt(self, name, argument):
        reference = PromptReference(type="ref/prompt", name=name)
        return (await self.client.complete(reference, argument)).values

    async def complete_template(self, uri, argument):
        reference = ResourceTemplateReference(type="ref/resource", uri=uri)
        return (await self.client.complete(reference, argument)).values

    async def ping(self):
        await self.client.ping()

    # For these it has its session, which is one of the package `mcp`.

    def listen(self, **topics):
        return listen(self.client.session, **topics)

    async def subscribe(self, uri):
        await self.client.session.subscribe_resource(uri)

    async def unsubscribe(self, uri):
        await self.client.session.unsubscribe_resource(uri)


async def on_elicitation(_message, _response_type, _params, _context):
    return ELICITATION_CONTENT


async def run(name, mode):
    wrapped = Wrapped(name)
    wrapped.client = Client(
        os.environ["MCP_URL"],
        mode=mode,
        message_handler=wrapped.on_message,
        elicitation_handler=on_elicitation,
    )
    await run_connected(wrapped, wants_modern=mode == "auto")


asyncio.run(run(*sys.argv[1:]))
