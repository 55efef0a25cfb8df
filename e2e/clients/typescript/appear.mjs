// Makes a tool appear in the folder that the gateway watches, and waits until a client was told.

import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from './report.mjs';

const MILLISECONDS_TO_BE_TOLD = 2_000;

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

/**
 * Writes the object of a new tool, waits for the notification, and lists. `notifications` is the
 * client's `{ next(milliseconds) }`; `listNames` asks the gateway.
 */
export async function expectToolToAppear(name, folder, notifications, listNames) {
  expect(folder, 'MCP_CONFIG_DIR is not set');
  const before = await listNames();
  expect(!before.includes(name), `${name} is there already`);

  const file = join(folder, `${name}.yaml`);
  const unfinished = join(folder, `.${name}.unfinished`);
  await writeFile(unfinished, toolObject(name));
  notifications.forget();
  const started = performance.now();
  await rename(unfinished, file);
  try {
    // A notification may still tell of a change before this one, so what counts is the list.
    for (;;) {
      const left = MILLISECONDS_TO_BE_TOLD - (performance.now() - started);
      const told = await notifications.next(left);
      expect(told !== undefined, `no list_changed within ${MILLISECONDS_TO_BE_TOLD} ms`);
      if ((await listNames()).includes(name)) {
        return `told after ${Math.round(told - started)} ms`;
      }
    }
  } finally {
    await rm(file);
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
