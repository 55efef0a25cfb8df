// Runs the actions of one client and prints one line of JSON for each. It decides nothing about
// what an action does.

/** What an action throws when the client or its protocol revision has no such thing. */
export class NotApplicable extends Error {}

const MILLISECONDS_PER_ACTION = 40_000;

/** The actions of this run, one a line; without the variable, all. */
const wanted = process.env.MCP_ACTIONS?.split('\n');

/** Rejects when the promise takes longer than an action may. */
function bounded(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no end within ${MILLISECONDS_PER_ACTION} ms`)),
      MILLISECONDS_PER_ACTION,
    );
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** Runs the function and reports it, if the action is wanted; tells whether it passed. */
export async function attempt(client, action, run) {
  if (wanted !== undefined && !wanted.includes(action)) {
    return false;
  }
  let status = 'passed';
  let detail;
  try {
    detail = (await bounded(run())) ?? '';
  } catch (error) {
    status = error instanceof NotApplicable ? 'n/a' : 'FAILED';
    const code = error?.code === undefined ? '' : ` (code ${error.code})`;
    detail = `${error?.message ?? error}${code}`;
  }
  console.log(JSON.stringify({ client, action, status, detail }));
  return status === 'passed';
}

export function expect(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

/** The same JSON value, whatever the order of keys. */
export function expectEqual(found, expected, what) {
  const sorted = (value) =>
    JSON.stringify(value, (_, inner) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  expect(
    sorted(found) === sorted(expected),
    `${what} is ${sorted(found)} instead of ${sorted(expected)}`,
  );
}
