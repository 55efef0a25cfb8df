// npm @modelcontextprotocol/client, version 2: `node client_2.mjs NAME legacy|auto|REVISION`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { runActions } from './actions.mjs';
import { Notifications } from './appear.mjs';
import { expect } from './report.mjs';

const [name, wanted] = process.argv.slice(2);

async function connect() {
  const notifications = new Notifications();
  const client = new Client(
    { name, version: '1.0.0' },
    {
      versionNegotiation: { mode: /^\d/.test(wanted) ? { pin: wanted } : wanted },
      // On a modern connection this opens subscriptions/listen, on a legacy one the GET stream
      // is there anyway.
      listChanged: {
        tools: { autoRefresh: false, debounceMs: 0, onChanged: () => notifications.arrive() },
      },
    },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(process.env.MCP_URL)));
  const version = client.getNegotiatedProtocolVersion();
  const modern = client.getProtocolEra() === 'modern';
  expect(modern === (wanted !== 'legacy'), `asked for ${wanted}, got ${version}`);
  return { client, version, modern, notifications };
}

await runActions(name, connect);
process.exit(0);
