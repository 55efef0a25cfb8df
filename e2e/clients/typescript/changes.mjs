// Changes objects in the folder that the gateway watches, and waits until a client was told.

import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from './report.mjs';

const MILLISECONDS_TO_BE_TOLD = 2_000;
const WATCHED_URI = 'config://watched';

function toolObject(name) {
  return `apiVersion: mcp.example.com/v1alpha1
kind: MCPTool
metadata:
  name: ${name}
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
`;
}

/** The object of fixtures/watched.yaml, with another text. */
function watchedObject(text) {
  return `apiVersion: mcp.example.com/v1alpha1
kind: MCPResource
metadata:
  name: watched
  namespace: clients
  labels:
    mcp-server: clients
spec:
  content:
    uri: ${WATCHED_URI}
    mimeType: text/plain
    text: ${text}
`;
}

/** Replaces a file at once, so that nobody reads half of it; answers its path. */
async function replaceFile(name, text) {
  const folder = process.env.MCP_CONFIG_DIR;
  expect(folder, 'MCP_CONFIG_DIR is not set');
  const unfinished = join(folder, `.${name}.unfinished`);
  await writeFile(unfinished, text);
  const file = join(folder, name);
  await rename(unfinished, file);
  return file;
}

/**
 * Waits for notifications until `isThere` says that the change can be seen: one may still tell of a
 * change before it.
 */
async function expectToBeTold(notifications, what, isThere) {
  const started = performance.now();
  for (;;) {
    const left = MILLISECONDS_TO_BE_TOLD - (performance.now() - started);
    const told = await notifications.next(left);
    expect(told !== undefined, `no ${what} within ${MILLISECONDS_TO_BE_TOLD} ms`);
    if (await isThere()) {
      return `told after ${Math.round(told - started)} ms`;
    }
  }
}

/** Writes the object of a new tool, waits for the notification, and lists. */
export async function expectToolToAppear(name, notifications, listNames) {
  const before = await listNames();
  expect(!before.includes(name), `${name} is there already`);
  notifications.forget();
  const file = await replaceFile(`${name}.yaml`, toolObject(name));
  try {
    return await expectToBeTold(notifications, 'list_changed', async () =>
      (await listNames()).includes(name),
    );
  } finally {
    await rm(file);
  }
}

/** Subscribes to a resource, changes its text, waits for the notification, and reads it. */
export async function expectResourceUpdate(subscribe, readText) {
  const text = `written by ${process.pid}`;
  const notifications = new Notifications();
  const before = await readText(WATCHED_URI);
  expect(before !== text, `the text is ${text} already`);
  const unsubscribe = await subscribe(WATCHED_URI, (uri) => {
    if (uri === WATCHED_URI) {
      notifications.arrive();
    }
  });
  try {
    notifications.forget();
    await replaceFile('watched.yaml', watchedObject(text));
    return await expectToBeTold(
      notifications,
      'resources/updated',
      async () => (await readText(WATCHED_URI)) === text,
    );
  } finally {
    await unsubscribe();
  }
}

/** Notifications in the order in which they came, each as the time of its arrival. */
export class Notifications {
  #arrived = [];
  #waiting;

  arrive() {
    this.#arrived.push(performance.now());
    this.#waiting?.();
  }

  forget() {
    this.#arrived = [];
  }

  /** The time of the next arrival, or undefined after the given time. */
  async next(milliseconds) {
    if (this.#arrived.length === 0) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, milliseconds));
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#arrived.shift();
  }
}
