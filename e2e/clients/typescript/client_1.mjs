// npm @modelcontextprotocol/sdk, version 1, which speaks the legacy era:
// `node client_1.mjs NAME PACKAGE`, the package being what package.json calls one of its versions.

import { runActions } from './actions.mjs';
import { Notifications } from './changes.mjs';
import { ELICITATION_ANSWER } from './long_calls.mjs';

const [name, sdk] = process.argv.slice(2);
const { Client } = await import(`${sdk}/client/index.js`);
const { StreamableHTTPClientTransport } = await import(`${sdk}/client/streamableHttp.js`);
const types = await import(`${sdk}/types.js`);

/** The transport is told the negotiated version, which the client itself keeps to itself. */
class Transport extends StreamableHTTPClientTransport {
  version;

  constructor(url) {
    super(url);
    let deliver;
    Object.defineProperty(this, 'onmessage', {
      get: () => deliver,
      set: (handler) => {
        deliver = (message, ...more) => {
          this.version ??= message?.result?.protocolVersion;
          handler?.(message, ...more);
        };
      },
    });
  }
}

async function connect() {
  const canElicit = types.ElicitRequestSchema !== undefined;
  const client = new Client(
    { name, version: '1.0.0' },
    { capabilities: canElicit ? { elicitation: {} } : {} },
  );
  if (canElicit) {
    client.setRequestHandler(types.ElicitRequestSchema, () => ELICITATION_ANSWER);
  }
  const notifications = new Notifications();
  client.setNotificationHandler(types.ToolListChangedNotificationSchema, () =>
    notifications.arrive(),
  );
  const transport = new Transport(new URL(process.env.MCP_URL));
  await client.connect(transport);
  return {
    client,
    version: transport.version,
    modern: false,
    canElicit,
    notifications,
    call: (params, options) => client.callTool(params, undefined, options),
    subscribe: async (uri, onUpdate) => {
      client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, ({ params }) =>
        onUpdate(params.uri),
      );
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
  };
}

await runActions(name, connect);
process.exit(0);
