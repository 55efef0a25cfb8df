"""PyPI `mcp`, version 2, which speaks both eras: `mcp_2.py NAME auto|legacy`."""

import asyncio
import os
import sys

from mcp import Client
from mcp_types import ElicitResult, PromptReference, ResourceTemplateReference

from both_eras import BothEras, run_connected, wire
from long_calls import ELICITATION_CONTENT


class Wrapped(BothEras):
    """What `actions` wants of a client."""

    async def list_tools(self):
        return wire(await self.client.list_tools())["tools"]

    async def call(self, name, arguments, on_progress=None):
        return wire(await self.client.call_tool(name, arguments, progress_callback=on_progress))

    async def list_prompts(self):
        return wire(await self.client.list_prompts())["prompts"]

    async def get_prompt(self, name, arguments):
        return wire(await self.client.get_prompt(name, arguments))["messages"]

    async def list_resources(self):
        return wire(await self.client.list_resources())["resources"]

    async def list_templates(self):
        return wire(await self.client.list_resource_templates())["resourceTemplates"]

    async def read(self, uri):
        return wire(await self.client.read_resource(uri))["contents"]

    async def complete_prompt(self, name, argument):
        reference = PromptReference(type="ref/prompt", name=name)
        return (await self.client.complete(reference, argument)).completion.values

    async def complete_template(self, uri, argument):
        reference = ResourceTemplateReference(type="ref/resource", uri=uri)
        return (await self.client.complete(reference, argument)).completion.values

    async def ping(self):
        await self.client.send_ping()

    def listen(self, **topics):
        return self.client.listen(**topics)

    async def subscribe(self, uri):
        await self.client.subscribe_resource(uri)

    async def unsubscribe(self, uri):
        await self.client.unsubscribe_resource(uri)


async def on_elicitation(_context, _params):
    return ElicitResult(action="accept", content=ELICITATION_CONTENT)


async def run(name, mode):
    wrapped = Wrapped(name)
    wrapped.client = Client(
        os.environ["MCP_URL"],
        mode=mode,
        message_handler=wrapped.on_message,
        elicitation_callback=on_elicitation,
    )
    await run_connected(wrapped, wants_modern=mode == "auto")


asyncio.run(run(*sys.argv[1:]))
