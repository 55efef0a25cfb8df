// The command line of npm @modelcontextprotocol/inspector: `node inspector.mjs NAME legacy|auto`.
// Each action is a process that connects, does one thing and ends.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { NotApplicable, attempt, expect, expectEqual } from './report.mjs';

const [name, era] = process.argv.slice(2);
const modern = era !== 'legacy';
const program = fileURLToPath(new URL('../node_modules/.bin/mcp-inspector', import.meta.url));
const connection = ['--server-url', process.env.MCP_URL, '--transport', 'http'];
/** What it exits with after it printed a result with `isError`. */
const TOOL_ERROR = 5;

const run = promisify(execFile);

/** The result of a method, as printed. */
async function inspect(method, ...more) {
  const asked = ['--method', method, '--protocol-era', era, '--format', 'json', ...more];
  let output;
  try {
    output = await run(process.execPath, [program, '--cli', ...connection, ...asked]);
  } catch (error) {
    if (error.code !== TOOL_ERROR) {
      throw new Error(error.stderr || error.message);
    }
    output = error;
  }
  return JSON.parse(output.stdout).result;
}

function call(tool, toolArguments, ...more) {
  const text = JSON.stringify(toolArguments);
  return inspect('tools/call', '--tool-name', tool, '--tool-args-json', text, ...more);
}

const textOf = (result) => result.content.map((block) => block.text ?? '').join('\n');
const names = (list) => list.map((entry) => entry.name).sort();

async function expectToolError(called, ...parts) {
  const result = await called;
  expectEqual(result.isError, true, 'isError');
  const text = textOf(result);
  expect(parts.every((part) => text.includes(part)), `text is ${text}`);
}

async function unusualSchemas() {
  const { tools } = await inspect('tools/list');
  const properties = tools.find(({ name }) => name === 'schema-boolean')?.inputSchema.properties;
  const expected = modern
    ? { anything: true, nothing: false }
    : { anything: {}, nothing: { not: {} } };
  expectEqual(properties, expected, 'properties of schema-boolean');
  const any = { any: ['thing'] };
  const echoed = await call('schema-empty', any);
  expectEqual(JSON.parse(JSON.parse(textOf(echoed)).body), any, 'body of schema-empty');
  const { structuredContent } = await call('schema-array', {});
  const items = modern ? structuredContent : structuredContent?.result;
  expectEqual(items?.length, 20, 'number of items of schema-array');
}

/** Its load test is its only way to call twice over one connection. */
async function refuseCall() {
  const load = ['--load', '--load-concurrency', '2', '--load-requests', '2'];
  const counted = await call('one-at-a-time', { ms: 700 }, ...load);
  const { requests, ok, toolErrors, errors, errorMessages } = counted;
  const refused = toolErrors + errors;
  expectEqual({ requests, ok, refused }, { requests: 2, ok: 1, refused: 1 }, 'count');
  const next = await call('one-at-a-time', { ms: 1 });
  expect(!next.isError, `isError of the next call: ${textOf(next)}`);
  expect(modern || toolErrors === 1, JSON.stringify(errorMessages));
  return toolErrors === 1
    ? 'a result with isError'
    : `an error, ${errorMessages.map(({ message }) => message)}`;
}

async function listResources() {
  const { resources } = await inspect('resources/list');
  const uris = resources.map(({ uri }) => uri).sort();
  expectEqual(uris, ['config://bytes', 'config://template', 'config://watched'], 'URIs');
  const { resourceTemplates } = await inspect('resources/templates/list');
  expectEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['docs://{id}'], 'templates');
}

async function read(uri, expected) {
  const { contents } = await inspect('resources/read', '--uri', uri);
  expectEqual(contents, [{ uri, ...expected }], 'contents');
}

const lacks = (what) => async () => {
  throw new NotApplicable(`--cli has no ${what}`);
};

const ACTIONS = {
  'connect': async () => {
    const { protocolVersion } = await inspect('initialize');
    expect(protocolVersion > '2026' === modern, `asked for ${era}, got ${protocolVersion}`);
    return protocolVersion;
  },
  'list tools': async () => {
    const { tools } = await inspect('tools/list');
    for (const wanted of ['search', 'get-item', 'schema-empty', 'one-at-a-time']) {
      expect(names(tools).includes(wanted), `names are ${names(tools)}`);
    }
    expect(!names(tools).includes('unlabelled'), `names are ${names(tools)}`);
  },
  'call': async () => {
    const found = JSON.parse(textOf(await call('search', { query: 'kubernetes', limit: 2 })));
    expectEqual(found.items.length, 2, 'number of items');
  },
  'tool error': () => expectToolError(call('get-item', { id: '99' }), '404', 'there is no item'),
  'invalid arguments': () => expectToolError(call('search', { query: 7 }), 'query'),
  'unusual schemas': unusualSchemas,
  'refused by maxConcurrentRequests': refuseCall,
  'slow call with progress': lacks('output but the result'),
  'cancelled call': lacks('connection that goes on after a call'),
  'elicitation': lacks('way to answer a question'),
  'list prompts': async () => {
    const { prompts } = await inspect('prompts/list');
    expectEqual(names(prompts), ['greeting'], 'names');
  },
  'get prompt': async () => {
    const asked = ['--prompt-name', 'greeting', '--prompt-args', 'name=Ada'];
    const { messages } = await inspect('prompts/get', ...asked);
    expectEqual(messages[0].content.text.trim(), 'Hello Ada, your topic is metrics.', 'text');
  },
  'list resources': listResources,
  'read text': () => read('config://template', { mimeType: 'text/yaml', text: 'key: value\n' }),
  'read blob': () =>
    read('config://bytes', { mimeType: 'application/octet-stream', blob: 'AP8QgA==' }),
  'read template': async () => {
    const { contents } = await inspect('resources/read', '--uri', 'docs://faq');
    expect(contents[0].text?.startsWith('# Questions'), `text is ${contents[0].text}`);
  },
  'completion': lacks('completion/complete'),
  'ping': lacks('ping'),
  'tool appears': lacks('connection that stays open'),
  'resource subscription': lacks('connection that stays open'),
};

for (const [title, action] of Object.entries(ACTIONS)) {
  await attempt(name, title, action);
}
