// npm @modelcontextprotocol/client, version 2: `node client_2.mjs NAME legacy|auto|REVISION`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { runActions } from './actions.mjs';
import { Notifications } from './changes.mjs';
import { ELICITATION_ANSWER } from './long_calls.mjs';
import { expect } from './report.mjs';

const [name, wanted] = process.argv.slice(2);

/** On a modern connection a stream of its own, which ends with the subscription. */
async function subscribe(client, modern, uri, onUpdate) {
  client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
    onUpdate(params.uri),
  );
  if (modern) {
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    return () => subscription.close();
  }
  await client.subscribeResource({ uri });
  return () => client.unsubscribeResource({ uri });
}

async function connect() {
  const notifications = new Notifications();
  const client = new Client(
    { name, version: '1.0.0' },
    {
      capabilities: { elicitation: {} },
      versionNegotiation: { mode: /^\d/.test(wanted) ? { pin: wanted } : wanted },
      // On a modern connection this opens subscriptions/listen, on a legacy one the GET stream
      // is there anyway.
      listChanged: {
        tools: { autoRefresh: false, debounceMs: 0, onChanged: () => notifications.arrive() },
      },
    },
  );
  client.setRequestHandler('elicitation/create', () => ELICITATION_ANSWER);
  await client.connect(new StreamableHTTPClientTransport(new URL(process.env.MCP_URL)));
  const version = client.getNegotiatedProtocolVersion();
  const modern = client.getProtocolEra() === 'modern';
  expect(modern === (wanted !== 'legacy'), `asked for ${wanted}, got ${version}`);
  return {
    client,
    version,
    modern,
    canElicit: true,
    notifications,
    call: (params, options) => client.callTool(params, options),
    subscribe: (uri, onUpdate) => subscribe(client, modern, uri, onUpdate),
  };
}

await runActions(name, connect);
process.exit(0);
