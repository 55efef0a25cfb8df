// The backend of fixtures/long-calls.yaml: `node backend.mjs PORT`. It knows whether the callers of
// /hang/ID are still there, and asks those of /ask-name for a name before it greets.

import { createServer } from 'node:http';

const MILLISECONDS_TO_HANG = 30_000;
const RESULT_TYPE = 'application/vnd.mcp.result+json';
const REQUEST_STATE = 'asked once';

/** By id: `open`, `dropped` by the caller, or `answered`. */
const hanging = new Map();

function answer(response, status, value, type = 'application/json') {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(value));
}

async function readBody(request) {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) {
    body += piece;
  }
  return body;
}

function hang(id, response) {
  hanging.set(id, 'open');
  const timer = setTimeout(() => {
    hanging.set(id, 'answered');
    answer(response, 200, { id });
  }, MILLISECONDS_TO_HANG);
  response.on('close', () => {
    clearTimeout(timer);
    if (hanging.get(id) === 'open') {
      hanging.set(id, 'dropped');
    }
  });
}

const QUESTION = {
  method: 'elicitation/create',
  params: {
    mode: 'form',
    message: 'Whom shall I greet?',
    requestedSchema: {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    },
  },
};

/** The result of one round of the tool `ask-name`. */
function askName({ arguments: { greeting }, inputResponses, requestState }) {
  const text = (text, isError) => ({ content: [{ type: 'text', text }], isError });
  if (inputResponses === undefined) {
    return {
      resultType: 'input_required',
      inputRequests: { who: QUESTION },
      requestState: REQUEST_STATE,
    };
  }
  if (requestState !== REQUEST_STATE) {
    return text(`requestState is ${JSON.stringify(requestState)}`, true);
  }
  const { action, content } = inputResponses.who ?? {};
  if (action !== 'accept') {
    return text(`inputResponses is ${JSON.stringify(inputResponses)}`, true);
  }
  return text(`${greeting} ${content.name}`, false);
}

async function route(request, response) {
  const id = request.url.match(/^\/hang\/([^/?]+)$/)?.[1];
  if (request.method === 'GET' && request.url === '/healthz') {
    answer(response, 200, {});
  } else if (request.method === 'GET' && id) {
    answer(response, 200, { state: hanging.get(id) ?? 'unknown' });
  } else if (request.method === 'POST' && id) {
    await readBody(request);
    hang(id, response);
  } else if (request.method === 'POST' && request.url === '/ask-name') {
    answer(response, 200, askName(JSON.parse(await readBody(request))), RESULT_TYPE);
  } else {
    answer(response, 404, { error: `nothing is at ${request.method} ${request.url}` });
  }
}

createServer((request, response) => {
  route(request, response).catch((error) => answer(response, 500, { error: error.message }));
}).listen(Number(process.argv[2]), '127.0.0.1');
