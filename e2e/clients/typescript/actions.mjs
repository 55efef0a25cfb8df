// What every TypeScript client is asked to do. The client is connected by its own script; here is
// only what the versions of the SDK have in common.

import { expectToolToAppear } from './appear.mjs';
import { NotApplicable, attempt, expect, expectEqual } from './report.mjs';

const VISIBLE_TOOLS = ['get-item', 'schema-array', 'schema-boolean', 'schema-empty', 'search'];

const names = (list) => list.map((entry) => entry.name).sort();
const textOf = (result) => result.content.map((block) => block.text ?? '').join('\n');

async function callSearch(client) {
  const result = await client.callTool({
    name: 'search',
    arguments: { query: 'kubernetes', limit: 2 },
  });
  expect(!result.isError, `isError: ${textOf(result)}`);
  const found = JSON.parse(textOf(result));
  expectEqual(found.items.length, 2, 'number of items');
  expectEqual(found.query, 'kubernetes', 'query');
}

async function failOfTheBackend(client) {
  const result = await client.callTool({ name: 'get-item', arguments: { id: '99' } });
  expectEqual(result.isError, true, 'isError');
  const text = textOf(result);
  expect(text.includes('404') && text.includes('there is no item'), `text is ${text}`);
}

async function invalidArguments(client, version) {
  const call = client.callTool({ name: 'search', arguments: { query: 7 } });
  if (version < '2025-11-25') {
    const error = await call.then(() => undefined, (error) => error);
    expectEqual(error?.code, -32602, 'code');
    return;
  }
  const result = await call;
  expectEqual(result.isError, true, 'isError');
  expect(textOf(result).includes('query'), `text is ${textOf(result)}`);
}

async function unusualSchemas(client, modern) {
  const { tools } = await client.listTools();
  const tool = (name) => tools.find((tool) => tool.name === name);
  expectEqual(tool('schema-empty')?.inputSchema.type, 'object', 'type of schema-empty');
  const any = { any: ['thing'] };
  const echoed = await client.callTool({ name: 'schema-empty', arguments: any });
  expectEqual(JSON.parse(JSON.parse(textOf(echoed)).body), any, 'body of schema-empty');

  const properties = tool('schema-boolean')?.inputSchema.properties;
  const expected = modern
    ? { anything: true, nothing: false }
    : { anything: {}, nothing: { not: {} } };
  expectEqual(properties, expected, 'properties of schema-boolean');
  const refused = await client.callTool({ name: 'schema-boolean', arguments: { nothing: 1 } });
  expectEqual(refused.isError, true, 'isError of schema-boolean');

  const { structuredContent } = await client.callTool({ name: 'schema-array', arguments: {} });
  const items = modern ? structuredContent : structuredContent?.result;
  expectEqual(items?.length, 20, 'number of items of schema-array');
}

async function getPrompt(client) {
  const { messages } = await client.getPrompt({ name: 'greeting', arguments: { name: 'Ada' } });
  expectEqual(messages.length, 1, 'number of messages');
  expectEqual(messages[0].role, 'user', 'role');
  expectEqual(messages[0].content.text.trim(), 'Hello Ada, your topic is metrics.', 'text');
}

async function listResources(client) {
  const { resources } = await client.listResources();
  expectEqual(resources.map((resource) => resource.uri).sort(), ['config://bytes', 'config://template'], 'URIs');
  const { resourceTemplates } = await client.listResourceTemplates();
  expectEqual(resourceTemplates.map((template) => template.uriTemplate), ['docs://{id}'], 'templates');
}

async function read(client, uri) {
  const { contents } = await client.readResource({ uri });
  expectEqual(contents.length, 1, 'number of contents');
  expectEqual(contents[0].uri, uri, 'uri');
  return contents[0];
}

async function complete(client) {
  const ofPrompt = await client.complete({
    ref: { type: 'ref/prompt', name: 'greeting' },
    argument: { name: 'topic', value: 'k' },
  });
  expectEqual(ofPrompt.completion.values, ['kubernetes'], 'values of the prompt');
  const ofTemplate = await client.complete({
    ref: { type: 'ref/resource', uri: 'docs://{id}' },
    argument: { name: 'id', value: 'f' },
  });
  expectEqual(ofTemplate.completion.values, ['faq'], 'values of the template');
}

/**
 * Connects and does everything, each action reported under `name`. `connect` answers the client,
 * the protocol version, whether that is of the modern era, and the notifications of changed tools.
 */
export async function runActions(name, connect) {
  let connected;
  const isConnected = await attempt(name, 'connect', async () => {
    connected = await connect();
    return connected.version;
  });
  if (!isConnected) {
    return;
  }
  const { client, version, modern, notifications } = connected;
  const action = (title, run) => attempt(name, title, run);

  await action('list tools', async () => {
    const { tools } = await client.listTools();
    expectEqual(names(tools), VISIBLE_TOOLS, 'names');
  });
  await action('call', () => callSearch(client));
  await action('tool error', () => failOfTheBackend(client));
  await action('invalid arguments', () => invalidArguments(client, version));
  await action('unusual schemas', () => unusualSchemas(client, modern));
  await action('list prompts', async () => {
    const { prompts } = await client.listPrompts();
    expectEqual(names(prompts), ['greeting'], 'names');
    expectEqual(names(prompts[0].arguments), ['name', 'topic'], 'arguments');
  });
  await action('get prompt', () => getPrompt(client));
  await action('list resources', () => listResources(client));
  await action('read text', async () => {
    const { text, mimeType } = await read(client, 'config://template');
    expectEqual({ text, mimeType }, { text: 'key: value\n', mimeType: 'text/yaml' }, 'content');
  });
  await action('read blob', async () => {
    const { blob } = await read(client, 'config://bytes');
    expectEqual(blob, 'AP8QgA==', 'blob');
  });
  await action('read template', async () => {
    const { text } = await read(client, 'docs://faq');
    expect(text?.startsWith('# Questions'), `text is ${text}`);
  });
  await action('completion', () => complete(client));
  await action('ping', async () => {
    if (modern) {
      throw new NotApplicable('the revision has no ping');
    }
    await client.ping();
  });
  await action('tool appears', () =>
    expectToolToAppear(`appears-${name}`, process.env.MCP_CONFIG_DIR, notifications, async () =>
      names((await client.listTools()).tools),
    ),
  );
  await client.close();
}
