"""What every Python client is asked to do.

The client is connected by its own script, and wrapped in an object that answers what came over the
wire as JSON values, so that here is only what the packages have in common.
"""

import json

from changes import expect_resource_update, expect_tool_to_appear
from long_calls import answer_elicitation, call_with_progress, cancel_call, refuse_call, text_of
from report import NotApplicable, attempt, expect, expect_equal

SOME_VISIBLE_TOOLS = {"get-item", "schema-array", "schema-boolean", "schema-empty", "search"}
INVISIBLE_TOOL = "unlabelled"
VISIBLE_RESOURCES = ["config://bytes", "config://template", "config://watched"]


def names(entries):
    return sorted(entry["name"] for entry in entries)


async def list_tools(client):
    listed = names(await client.list_tools())
    expect_equal(SOME_VISIBLE_TOOLS.difference(listed), set(), "missing names")
    expect(INVISIBLE_TOOL not in listed, f"{INVISIBLE_TOOL} is listed")


async def call(client):
    result = await client.call("search", {"query": "kubernetes", "limit": 2})
    expect(not result.get("isError"), f"isError: {text_of(result)}")
    found = json.loads(text_of(result))
    expect_equal(len(found["items"]), 2, "number of items")
    expect_equal(found["query"], "kubernetes", "query")


async def tool_error(client):
    result = await client.call("get-item", {"id": "99"})
    expect_equal(result.get("isError"), True, "isError")
    text = text_of(result)
    expect("404" in text and "there is no item" in text, f"text is {text}")


async def expect_refused_arguments(client, name, arguments, argument):
    """An error of the protocol before 2025-11-25, and text for the model from then on."""
    if client.version >= "2025-11-25":
        result = await client.call(name, arguments)
        expect_equal(result.get("isError"), True, "isError")
        expect(argument in text_of(result), f"text is {text_of(result)}")
        return
    try:
        await client.call(name, arguments)
    except client.Error as error:
        expect_equal(client.error_code(error), -32602, "code")
        return
    raise AssertionError("the call was not refused")


async def invalid_arguments(client):
    await expect_refused_arguments(client, "search", {"query": 7}, "query")


async def unusual_schemas(client):
    tools = {tool["name"]: tool for tool in await client.list_tools()}
    expect_equal(tools["schema-empty"]["inputSchema"].get("type"), "object", "type of schema-empty")
    anything = {"any": ["thing"]}
    echoed = json.loads(text_of(await client.call("schema-empty", anything)))
    expect_equal(json.loads(echoed["body"]), anything, "body of schema-empty")

    properties = tools["schema-boolean"]["inputSchema"].get("properties")
    expected = {"anything": {}, "nothing": {"not": {}}}
    if client.modern:
        expected = {"anything": True, "nothing": False}
    expect_equal(properties, expected, "properties of schema-boolean")
    await expect_refused_arguments(client, "schema-boolean", {"nothing": 1}, "nothing")

    result = await client.call("schema-array", {})
    if client.version < "2025-06-18":  # These revisions know of text alone.
        items = json.loads(text_of(result))
    elif client.modern:
        items = result["structuredContent"]
    else:
        items = result["structuredContent"]["result"]
    expect_equal(len(items), 20, "number of items of schema-array")


async def list_prompts(client):
    prompts = await client.list_prompts()
    expect_equal(names(prompts), ["greeting"], "names")
    expect_equal(names(prompts[0]["arguments"]), ["name", "topic"], "arguments")


async def get_prompt(client):
    messages = await client.get_prompt("greeting", {"name": "Ada"})
    expect_equal(len(messages), 1, "number of messages")
    expect_equal(messages[0]["role"], "user", "role")
    text = messages[0]["content"]["text"].strip()
    expect_equal(text, "Hello Ada, your topic is metrics.", "text")


async def list_resources(client):
    uris = sorted(resource["uri"] for resource in await client.list_resources())
    expect_equal(uris, VISIBLE_RESOURCES, "URIs")
    templates = [template["uriTemplate"] for template in await client.list_templates()]
    expect_equal(templates, ["docs://{id}"], "templates")


async def read(client, uri):
    contents = await client.read(uri)
    expect_equal(len(contents), 1, "number of contents")
    expect_equal(contents[0]["uri"], uri, "uri")
    return contents[0]


async def read_text(client):
    content = await read(client, "config://template")
    expect_equal(content["text"], "key: value\n", "text")
    expect_equal(content["mimeType"], "text/yaml", "mimeType")


async def read_blob(client):
    expect_equal((await read(client, "config://bytes"))["blob"], "AP8QgA==", "blob")


async def read_template(client):
    text = (await read(client, "docs://faq"))["text"]
    expect(text.startswith("# Questions"), f"text is {text}")


async def completion(client):
    values = await client.complete_prompt("greeting", {"name": "topic", "value": "k"})
    expect_equal(values, ["kubernetes"], "values of the prompt")
    values = await client.complete_template("docs://{id}", {"name": "id", "value": "f"})
    expect_equal(values, ["faq"], "values of the template")


async def ping(client):
    if client.modern:
        raise NotApplicable("the revision has no ping")
    await client.ping()


ACTIONS = {
    "list tools": list_tools,
    "call": call,
    "tool error": tool_error,
    "invalid arguments": invalid_arguments,
    "unusual schemas": unusual_schemas,
    "refused by maxConcurrentRequests": refuse_call,
    "slow call with progress": call_with_progress,
    "cancelled call": cancel_call,
    "elicitation": answer_elicitation,
    "list prompts": list_prompts,
    "get prompt": get_prompt,
    "list resources": list_resources,
    "read text": read_text,
    "read blob": read_blob,
    "read template": read_template,
    "completion": completion,
    "ping": ping,
    "tool appears": expect_tool_to_appear,
    "resource subscription": expect_resource_update,
}


async def run_actions(client):
    """Does everything with a client that is connected."""
    for title, action in ACTIONS.items():
        await attempt(client.name, title, lambda action=action: action(client))
