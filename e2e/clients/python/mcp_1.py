"""PyPI `mcp`, version 1, which speaks the legacy era: `mcp_1.py NAME`."""

import asyncio
import json
import os
import sys
import time

from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from appear import expect_tool_to_appear
from report import attempt, expect, expect_equal

VISIBLE_TOOLS = ["get-item", "schema-array", "schema-boolean", "schema-empty", "search"]


def names(entries):
    return sorted(entry.name for entry in entries)


def text_of(result):
    return "\n".join(getattr(block, "text", "") for block in result.content)


class Actions:
    """What the client is asked to do, one method for each action."""

    def __init__(self, name, session, version, arrivals):
        self.name = name
        self.session = session
        self.version = version
        self.arrivals = arrivals

    async def list_names(self):
        return names((await self.session.list_tools()).tools)

    async def list_tools(self):
        expect_equal(await self.list_names(), VISIBLE_TOOLS, "names")

    async def call(self):
        result = await self.session.call_tool("search", {"query": "kubernetes", "limit": 2})
        expect(not result.isError, f"isError: {text_of(result)}")
        found = json.loads(text_of(result))
        expect_equal(len(found["items"]), 2, "number of items")
        expect_equal(found["query"], "kubernetes", "query")

    async def tool_error(self):
        result = await self.session.call_tool("get-item", {"id": "99"})
        expect_equal(result.isError, True, "isError")
        text = text_of(result)
        expect("404" in text and "there is no item" in text, f"text is {text}")

    async def invalid_arguments(self):
        call = self.session.call_tool("search", {"query": 7})
        if self.version < "2025-11-25":
            try:
                await call
            except McpError as error:
                expect_equal(error.error.code, -32602, "code")
                return
            raise AssertionError("the call was not refused")
        result = await call
        expect_equal(result.isError, True, "isError")
        expect("query" in text_of(result), f"text is {text_of(result)}")

    async def unusual_schemas(self):
        tools = {tool.name: tool for tool in (await self.session.list_tools()).tools}
        expect_equal(tools["schema-empty"].inputSchema.get("type"), "object", "type of schema-empty")
        anything = {"any": ["thing"]}
        echoed = json.loads(text_of(await self.session.call_tool("schema-empty", anything)))
        expect_equal(json.loads(echoed["body"]), anything, "body of schema-empty")

        properties = tools["schema-boolean"].inputSchema.get("properties")
        expected = {"anything": {}, "nothing": {"not": {}}}
        expect_equal(properties, expected, "properties of schema-boolean")
        refused = await self.session.call_tool("schema-boolean", {"nothing": 1})
        expect_equal(refused.isError, True, "isError of schema-boolean")

        listed = await self.session.call_tool("schema-array", {})
        items = (listed.structuredContent or {}).get("result", [])
        expect_equal(len(items), 20, "number of items of schema-array")

    async def list_prompts(self):
        prompts = (await self.session.list_prompts()).prompts
        expect_equal(names(prompts), ["greeting"], "names")
        expect_equal(names(prompts[0].arguments or []), ["name", "topic"], "arguments")

    async def get_prompt(self):
        messages = (await self.session.get_prompt("greeting", {"name": "Ada"})).messages
        expect_equal(len(messages), 1, "number of messages")
        expect_equal(messages[0].role, "user", "role")
        text = messages[0].content.text.strip()
        expect_equal(text, "Hello Ada, your topic is metrics.", "text")

    async def list_resources(self):
        resources = (await self.session.list_resources()).resources
        uris = sorted(str(resource.uri) for resource in resources)
        expect_equal(uris, ["config://bytes", "config://template"], "URIs")
        templates = (await self.session.list_resource_templates()).resourceTemplates
        templates = [template.uriTemplate for template in templates]
        expect_equal(templates, ["docs://{id}"], "templates")

    async def read(self, uri):
        contents = (await self.session.read_resource(AnyUrl(uri))).contents
        expect_equal(len(contents), 1, "number of contents")
        expect_equal(str(contents[0].uri), uri, "uri")
        return contents[0]

    async def read_text(self):
        content = await self.read("config://template")
        expect_equal((content.text, content.mimeType), ("key: value\n", "text/yaml"), "content")

    async def read_blob(self):
        expect_equal((await self.read("config://bytes")).blob, "AP8QgA==", "blob")

    async def read_template(self):
        text = (await self.read("docs://faq")).text
        expect(text.startswith("# Questions"), f"text is {text}")

    async def completion(self):
        prompt = types.PromptReference(type="ref/prompt", name="greeting")
        result = await self.session.complete(prompt, {"name": "topic", "value": "k"})
        expect_equal(result.completion.values, ["kubernetes"], "values of the prompt")
        template = types.ResourceTemplateReference(type="ref/resource", uri="docs://{id}")
        result = await self.session.complete(template, {"name": "id", "value": "f"})
        expect_equal(result.completion.values, ["faq"], "values of the template")

    async def ping(self):
        await self.session.send_ping()

    async def tool_appears(self):
        return await expect_tool_to_appear(
            f"appears-{self.name}",
            os.environ.get("MCP_CONFIG_DIR"),
            self.arrivals,
            self.list_names,
        )


async def run(name):
    arrivals = asyncio.Queue()

    async def on_message(message):
        notification = getattr(message, "root", None)
        if isinstance(notification, types.ToolListChangedNotification):
            arrivals.put_nowait(time.monotonic())

    async with (
        streamable_http_client(os.environ["MCP_URL"]) as (read, write, _),
        ClientSession(read, write, message_handler=on_message) as session,
    ):
        version = ""

        async def connect():
            nonlocal version
            version = (await session.initialize()).protocolVersion
            return version

        if not await attempt(name, "connect", connect):
            return
        actions = Actions(name, session, version, arrivals)
        for title, action in [
            ("list tools", actions.list_tools),
            ("call", actions.call),
            ("tool error", actions.tool_error),
            ("invalid arguments", actions.invalid_arguments),
            ("unusual schemas", actions.unusual_schemas),
            ("list prompts", actions.list_prompts),
            ("get prompt", actions.get_prompt),
            ("list resources", actions.list_resources),
            ("read text", actions.read_text),
            ("read blob", actions.read_blob),
            ("read template", actions.read_template),
            ("completion", actions.completion),
            ("ping", actions.ping),
            ("tool appears", actions.tool_appears),
        ]:
            await attempt(name, title, action)


asyncio.run(run(sys.argv[1]))
