// What every TypeScript client is asked to do. The client is connected by its own script; here is
// only what the versions of the SDK have in common.

import { expectResourceUpdate, expectToolToAppear } from './changes.mjs';
import { answerElicitation, callWithProgress, cancelCall, refuseCall } from './long_calls.mjs';
import { NotApplicable, attempt, expect, expectEqual } from './report.mjs';

const SOME_VISIBLE_TOOLS = ['get-item', 'schema-array', 'schema-boolean', 'schema-empty', 'search'];
const INVISIBLE_TOOL = 'unlabelled';
const VISIBLE_RESOURCES = ['config://bytes', 'config://template', 'config://watched'];

const names = (list) => list.map((entry) => entry.name).sort();
const textOf = (result) => result.content.map((block) => block.text ?? '').join('\n');

async function callSearch(call) {
  const result = await call({ name: 'search', arguments: { query: 'kubernetes', limit: 2 } });
  expect(!result.isError, `isError: ${textOf(result)}`);
  const found = JSON.parse(textOf(result));
  expectEqual(found.items.length, 2, 'number of items');
  expectEqual(found.query, 'kubernetes', 'query');
}

async function failOfTheBackend(call) {
  const result = await call({ name: 'get-item', arguments: { id: '99' } });
  expectEqual(result.isError, true, 'isError');
  const text = textOf(result);
  expect(text.includes('404') && text.includes('there is no item'), `text is ${text}`);
}

/** An error of the protocol before 2025-11-25, and text for the model from then on. */
async function expectRefusedArguments(call, version, params, argument) {
  const called = call(params);
  if (version < '2025-11-25') {
    const error = await called.then(() => undefined, (error) => error);
    expectEqual(error?.code, -32602, 'code');
    return;
  }
  const result = await called;
  expectEqual(result.isError, true, 'isError');
  expect(textOf(result).includes(argument), `text is ${textOf(result)}`);
}

async function unusualSchemas({ client, call, version, modern }) {
  const { tools } = await client.listTools();
  const tool = (name) => tools.find((tool) => tool.name === name);
  expectEqual(tool('schema-empty')?.inputSchema.type, 'object', 'type of schema-empty');
  const any = { any: ['thing'] };
  const echoed = await call({ name: 'schema-empty', arguments: any });
  expectEqual(JSON.parse(JSON.parse(textOf(echoed)).body), any, 'body of schema-empty');

  const properties = tool('schema-boolean')?.inputSchema.properties;
  const expected = modern
    ? { anything: true, nothing: false }
    : { anything: {}, nothing: { not: {} } };
  expectEqual(properties, expected, 'properties of schema-boolean');
  const nothing = { name: 'schema-boolean', arguments: { nothing: 1 } };
  await expectRefusedArguments(call, version, nothing, 'nothing');

  const result = await call({ name: 'schema-array', arguments: {} });
  // Revisions before 2025-06-18 know of text alone.
  const structured = version < '2025-06-18' ? undefined : result.structuredContent;
  const items = modern ? structured : structured?.result;
  expectEqual((items ?? JSON.parse(textOf(result))).length, 20, 'number of items of schema-array');
  expect(version < '2025-06-18' || items, 'schema-array has no structuredContent');
}

async function getPrompt(client) {
  const { messages } = await client.getPrompt({ name: 'greeting', arguments: { name: 'Ada' } });
  expectEqual(messages.length, 1, 'number of messages');
  expectEqual(messages[0].role, 'user', 'role');
  expectEqual(messages[0].content.text.trim(), 'Hello Ada, your topic is metrics.', 'text');
}

async function listResources(client) {
  const { resources } = await client.listResources();
  expectEqual(resources.map((resource) => resource.uri).sort(), VISIBLE_RESOURCES, 'URIs');
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
 * Connects and does everything, each action reported under `name`. `connect` answers
 * * `client`, the SDK's own;
 * * `version` of the protocol, and whether it is of the `modern` era;
 * * `notifications` of changed tools;
 * * `call(params, options)`, which calls a tool;
 * * `subscribe(uri, onUpdate)`, which answers a function that ends the subscription;
 * * `canElicit`: whether the SDK can answer questions.
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
  const { client, version, modern, notifications, call, subscribe, canElicit } = connected;
  const action = (title, run) => attempt(name, title, run);
  const listNames = async () => names((await client.listTools()).tools);

  await action('list tools', async () => {
    const listed = await listNames();
    const missing = SOME_VISIBLE_TOOLS.filter((name) => !listed.includes(name));
    expectEqual(missing, [], 'missing names');
    expect(!listed.includes(INVISIBLE_TOOL), `${INVISIBLE_TOOL} is listed`);
  });
  await action('call', () => callSearch(call));
  await action('tool error', () => failOfTheBackend(call));
  await action('invalid arguments', () =>
    expectRefusedArguments(call, version, { name: 'search', arguments: { query: 7 } }, 'query'),
  );
  await action('unusual schemas', () => unusualSchemas(connected));
  await action('refused by maxConcurrentRequests', () => refuseCall(call, modern));
  await action('slow call with progress', () => callWithProgress(call));
  await action('cancelled call', () => cancelCall(call, name));
  await action('elicitation', () => answerElicitation(call, version, canElicit));
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
    expectToolToAppear(`appears-${name}`, notifications, listNames),
  );
  await action('resource subscription', () =>
    expectResourceUpdate(subscribe, async (uri) => (await read(client, uri)).text),
  );
  await client.close();
}
