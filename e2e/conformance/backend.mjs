// The HTTP service behind fixtures/: answers what the scenarios of the conformance suite expect of
// a tool, a prompt or a resource template. It knows nothing of MCP's transport and keeps no state
// but what it writes into its configuration folder.
//
//   LISTEN=127.0.0.1:PORT CONFIG_DIR=FOLDER node backend.mjs

import { createServer } from 'node:http';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { LISTEN, CONFIG_DIR } = process.env;
if (!LISTEN || !CONFIG_DIR) {
    console.error('backend: set LISTEN (ADDRESS:PORT) and CONFIG_DIR (the folder that the gateway watches)');
    process.exit(2);
}

const CALL_TYPE = 'application/vnd.mcp.call+json';
const RESULT_TYPE = 'application/vnd.mcp.result+json';
const STEP_MS = 50;

const PNG =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

// What a handler returns. A stream's events are JSON-RPC notifications; `result` comes after them.
const body = (type, content, status = 200) => ({ status, type, content });
const plain = (text, status) => body('text/plain', text, status);
const json = (value) => body('application/json', JSON.stringify(value));
const raw = (result) => body(RESULT_TYPE, JSON.stringify(result));
const stream = (events, result) => ({ events, result });
// For a request that a right gateway never sends. The suite may well take the error for a result,
// so it is logged too, by a line that begins with `refused`.
const refuse = (status, reason) => {
    console.error(`refused: ${reason}`);
    return plain(reason, status);
};

// Raw results.
const text = (value) => ({ content: [{ type: 'text', text: value }] });
const ask = (inputRequests, requestState) => ({
    resultType: 'input_required',
    inputRequests,
    ...(requestState === undefined ? {} : { requestState }),
});

// Requests to the client, and what counts as an answer to one.
const elicit = (message, properties) => ({
    method: 'elicitation/create',
    params: {
        message,
        requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
    },
});
const sample = (question, maxTokens) => ({
    method: 'sampling/createMessage',
    params: {
        messages: [{ role: 'user', content: { type: 'text', text: question } }],
        maxTokens,
    },
});
const listRoots = { method: 'roots/list', params: {} };

const isObject = (value) => typeof value === 'object' && value !== null;
const isAnswerTo = {
    'elicitation/create': (answer) => typeof answer.action === 'string',
    'sampling/createMessage': (answer) => isObject(answer.content),
    'roots/list': (answer) => Array.isArray(answer.roots),
};

// Those of the requests that the call does not answer.
function unanswered(inputRequests, { inputResponses }) {
    const open = Object.entries(inputRequests).filter(([key, { method }]) => {
        const answer = isObject(inputResponses) ? inputResponses[key] : undefined;
        return !(isObject(answer) && isAnswerTo[method](answer));
    });
    return open.length === 0 ? undefined : Object.fromEntries(open);
}

// A handler that asks until everything is answered and then finishes with the answers.
const askThen = (inputRequests, finish) => (call) => {
    const open = unanswered(inputRequests, call);
    return raw(open ? ask(open) : finish(call.inputResponses));
};

const NAME = { user_name: elicit('What is your name?', { name: { type: 'string' } }) };
const askForName = askThen(NAME, ({ user_name }) => text(`Hello, ${user_name.content?.name}!`));

const askBySampling = ({ arguments: { prompt }, ...call }) =>
    askThen({ answer: sample(prompt, 100) }, ({ answer }) =>
        text(`LLM response: ${answer.content.text}`),
    )(call);

const askByElicitation = ({ arguments: { message }, ...call }) =>
    askThen(
        {
            answer: elicit(message, {
                username: { type: 'string', description: "User's response" },
                email: { type: 'string', description: "User's email address" },
            }),
        },
        ({ answer }) => text(`User response: ${JSON.stringify(answer)}`),
    )(call);

const elicitationCompleted = ({ answer: { action, content } }) =>
    text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);

const askWithDefaults = askThen(
    {
        answer: elicit('Please review the values', {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
        }),
    },
    elicitationCompleted,
);

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (kind) =>
    ['First', 'Second', 'Third'].map((nth, index) => ({
        const: `value${index + 1}`,
        title: `${nth} ${kind}`,
    }));
const askForChoices = askThen(
    {
        answer: elicit('Please choose', {
            untitledSingle: { type: 'string', enum: OPTIONS },
            titledSingle: { type: 'string', oneOf: titled('Option') },
            legacyEnum: {
                type: 'string',
                enum: ['opt1', 'opt2', 'opt3'],
                enumNames: ['Option One', 'Option Two', 'Option Three'],
            },
            untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
            titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
        }),
    },
    elicitationCompleted,
);

const askForCapital = askThen(
    { capital_question: sample('What is the capital of France?', 100) },
    ({ capital_question }) => text(capital_question.content.text),
);

const askForRoots = askThen({ client_roots: listRoots }, ({ client_roots }) =>
    text(`Roots: ${client_roots.roots.map(({ uri }) => uri).join(', ')}`),
);

const CONFIRM = { confirm: elicit('Please confirm', { ok: { type: 'boolean' } }) };

// The state must come back exactly as it went out, however the gateway wraps it on the way.
function askWithState(call) {
    const state = 'asked for a confirmation';
    if (unanswered(CONFIRM, call)) {
        return raw(ask(CONFIRM, state));
    }
    if (call.requestState !== state) {
        return refuse(400, `requestState came back as ${JSON.stringify(call.requestState)}`);
    }
    return raw(text('state-ok'));
}

// Looks at no state, so that only the gateway can refuse one that was tampered with.
function askTrustingly(call) {
    return raw(unanswered(CONFIRM, call) ? ask(CONFIRM, 'trusted') : text('Confirmed.'));
}

function askForEverything(call) {
    const everything = {
        ...NAME,
        greeting: sample('Generate a greeting', 50),
        client_roots: listRoots,
    };
    const open = unanswered(everything, call);
    if (open) {
        return raw(ask(open, 'asked for everything'));
    }
    const { user_name, greeting } = call.inputResponses;
    return raw(text(`${greeting.content.text} ${user_name.content?.name}`));
}

function askTwice(call) {
    const step1 = {
        step1: elicit('Step 1: What is your name?', { name: { type: 'string' } }),
    };
    const step2 = {
        step2: elicit('Step 2: What is your favorite color?', { color: { type: 'string' } }),
    };
    if (call.requestState === undefined) {
        return raw(ask(step1, JSON.stringify({ step: 1 })));
    }
    const { step, name } = JSON.parse(call.requestState);
    if (step === 1) {
        if (unanswered(step1, call)) {
            return raw(ask(step1, call.requestState));
        }
        const answer = call.inputResponses.step1.content?.name;
        return raw(ask(step2, JSON.stringify({ step: 2, name: answer })));
    }
    return unanswered(step2, call)
        ? raw(ask(step2, call.requestState))
        : raw(text(`${name} likes ${call.inputResponses.step2.content?.color}.`));
}

function askWhatIsDeclared(call) {
    const questions = [
        ['sampling', { capital_question: sample('What is the capital of France?', 100) }],
        ['elicitation', NAME],
    ].filter(([capability]) => call.clientCapabilities?.[capability]);
    const asked = Object.assign({}, ...questions.map(([, request]) => request));
    const open = unanswered(asked, call);
    return raw(open ? ask(open) : text(`Asked for ${Object.keys(asked).length} answers.`));
}

const askForContext = askThen(
    {
        user_context: elicit('What context should the prompt use?', {
            context: { type: 'string' },
        }),
    },
    ({ user_context }) => ({
        messages: [
            {
                role: 'user',
                content: { type: 'text', text: `Use the context: ${user_context.content?.context}` },
            },
        ],
    }),
);

// Streams.
async function* progress({ progressToken }) {
    for (const done of [0, 50, 100]) {
        if (progressToken !== undefined) {
            yield {
                jsonrpc: '2.0',
                method: 'notifications/progress',
                params: { progressToken, progress: done, total: 100 },
            };
        }
        await sleep(STEP_MS);
    }
}

// Sent whatever the log level is, so that only the gateway can keep them from a client.
async function* log() {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        yield { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } };
        await sleep(STEP_MS);
    }
}

// Content blocks that only a raw result can hold.
const EMBEDDED_RESOURCE = {
    content: [
        {
            type: 'resource',
            resource: {
                uri: 'test://embedded-resource',
                mimeType: 'text/plain',
                text: 'This is an embedded resource content.',
            },
        },
    ],
};
const MIXED_CONTENT = {
    content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: PNG, mimeType: 'image/png' },
        {
            type: 'resource',
            resource: {
                uri: 'test://mixed-content-resource',
                mimeType: 'application/json',
                text: '{"test":"data","value":123}',
            },
        },
    ],
};

// Changes of the configuration. The object gets another description each time, which changes the
// list; the file is renamed into its place, so that no half of it is ever read.
let changes = 0;
async function change(kind, name, spec) {
    changes += 1;
    const object = {
        apiVersion: 'mcp.example.com/v1alpha1',
        kind,
        metadata: { name, namespace: 'conformance' },
        spec: { ...spec, description: `Has changed ${changes} times.` },
    };
    const written = join(CONFIG_DIR, `${name}.yaml.new`);
    await writeFile(written, JSON.stringify(object));
    await rename(written, join(CONFIG_DIR, `${name}.yaml`));
    return plain(`Changed ${name}.`);
}
const changeTool = () =>
    change('MCPTool', 'test-changing-tool', {
        service: { name: 'backend-svc', port: 8080, path: '/text' },
        method: 'GET',
        inputSchema: { type: 'object' },
    });
const changePrompt = () => change('MCPPrompt', 'test-changing-prompt', { template: 'Changed.' });

// From method and path to handler. A handler gets the call, or what stands for `{id}` in the path.
const routes = {
    'GET /healthz': () => plain('ok'),
    'GET /text': () => plain('This is a simple text response for testing.'),
    'POST /text': () => plain('This is a simple text response for testing.'),
    'GET /image': () => body('image/png', Buffer.from(PNG, 'base64')),
    'GET /audio': () => body('audio/wav', Buffer.from(WAV, 'base64')),
    'GET /error': () => plain('This tool intentionally returns an error for testing', 500),
    'GET /template/{id}': (id) => json({ id, templateTest: true, data: `Data for ID: ${id}` }),
    'POST /change/tool': changeTool,
    'POST /change/prompt': changePrompt,
};
// The same for calls in MCP's own form, by path alone: they are all POST.
const calls = {
    '/mcp/embedded-resource': () => raw(EMBEDDED_RESOURCE),
    '/mcp/mixed-content': () => raw(MIXED_CONTENT),
    '/mcp/progress': (call) => stream(progress(call), text('Reported everything.')),
    '/mcp/logging': () => stream(log(), text('Logged everything.')),
    '/mcp/streaming-elicitation': () => stream([], ask(NAME)),
    '/mcp/sampling': askBySampling,
    '/mcp/elicitation': askByElicitation,
    '/mcp/elicitation-defaults': askWithDefaults,
    '/mcp/elicitation-enums': askForChoices,
    '/mcp/input-required/elicitation': askForName,
    '/mcp/input-required/sampling': askForCapital,
    '/mcp/input-required/list-roots': askForRoots,
    '/mcp/input-required/request-state': askWithState,
    '/mcp/input-required/multiple-inputs': askForEverything,
    '/mcp/input-required/multi-round': askTwice,
    '/mcp/input-required/tampered-state': askTrustingly,
    '/mcp/input-required/capabilities': askWhatIsDeclared,
    '/mcp/prompt': askForContext,
};

async function readJson(request) {
    const chunks = [];
    for await (const chunk of request) {
        chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function handle(request) {
    const path = request.url.split('?')[0];
    const answerCall = calls[path];
    if (answerCall && request.method === 'POST') {
        const type = request.headers['content-type'];
        return type === CALL_TYPE
            ? answerCall(await readJson(request))
            : refuse(415, `${path} takes calls of type ${CALL_TYPE}, not ${type}`);
    }
    const id = /^\/template\/([^/]+)$/.exec(path)?.[1];
    const answer = routes[`${request.method} ${id === undefined ? path : '/template/{id}'}`];
    return answer ? answer(id && decodeURIComponent(id)) : refuse(404, `nothing is at ${request.method} ${path}`);
}

async function send(response, { events, result, status, type, content }) {
    if (!events) {
        response.writeHead(status, { 'Content-Type': type }).end(content);
        return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for await (const event of events) {
        response.write(`data: ${JSON.stringify(event)}\n\n`);
    }
    response.end(`data: ${JSON.stringify(result)}\n\n`);
}

const server = createServer(async (request, response) => {
    try {
        await send(response, await handle(request));
    } catch (error) {
        const answer = refuse(400, `${request.method} ${request.url}: ${error.stack}`);
        if (response.headersSent) {
            response.destroy();
        } else {
            await send(response, answer);
        }
    }
});
const [, address, port] = /^(.*):(\d+)$/.exec(LISTEN);
server.listen(Number(port), address, () => console.log(`backend: listening on ${LISTEN}`));
process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
});
