// Calls that take a while: with progress, cancelled, refused, and with a question to the client.

import { setTimeout as sleep } from 'node:timers/promises';

import { NotApplicable, expect, expectEqual } from './report.mjs';

/** What the client answers to the question of the tool `ask-name`. */
export const ELICITATION_ANSWER = { action: 'accept', content: { name: 'Ada' } };

const MILLISECONDS_FOR_THE_BACKEND = 3_000;

const textOf = (result) => result.content.map((block) => block.text ?? '').join('\n');

export async function callWithProgress(call) {
  const arrived = [];
  const result = await call(
    { name: 'work', arguments: {} },
    { onprogress: ({ progress }) => arrived.push({ progress, at: performance.now() }) },
  );
  expect(!result.isError, `isError: ${textOf(result)}`);
  expectEqual(textOf(result), 'The work is done.', 'text');
  expectEqual(arrived.map(({ progress }) => progress), [0, 50, 100], 'progress');
  // The backend pauses 50 ms between two events: they came as they were sent, not all at the end.
  const spread = arrived[2].at - arrived[0].at;
  expect(spread > 50, `all progress came within ${Math.round(spread)} ms`);
}

/** Waits until the backend says this about the call with the id, over the client's connection. */
async function awaitState(call, id, wanted) {
  const started = performance.now();
  let state;
  while (performance.now() - started < MILLISECONDS_FOR_THE_BACKEND) {
    const result = await call({ name: 'hang-state', arguments: { id } });
    expect(!result.isError, `isError of hang-state: ${textOf(result)}`);
    ({ state } = JSON.parse(textOf(result)));
    if (state === wanted) {
      return Math.round(performance.now() - started);
    }
    await sleep(20);
  }
  throw new Error(`the backend's request is ${state} instead of ${wanted}`);
}

export async function cancelCall(call, name) {
  const id = `${name}-${process.pid}`;
  const controller = new AbortController();
  const hanging = call({ name: 'hang', arguments: { id } }, { signal: controller.signal }).then(
    (result) => `answered ${textOf(result)}`,
    () => 'cancelled',
  );
  await awaitState(call, id, 'open');
  controller.abort('the user left');
  expectEqual(await hanging, 'cancelled', 'the call');
  await awaitState(call, id, 'dropped');
}

/** How the refusal looks to the caller. */
function surfaced({ status, value, reason }, modern) {
  if (status === 'rejected') {
    // What a client tells of an HTTP status is its own affair; legacy ones never see one.
    expect(modern, reason.message);
    return `an error, ${reason.code}: ${reason.message}`;
  }
  expect(/try again in/i.test(textOf(value)), `the refusal says ${textOf(value)}`);
  return 'a result with isError';
}

/** Two calls at once of a tool that takes one: what became of each, and that the next one works. */
export async function refuseCall(call, modern) {
  const slow = () => call({ name: 'one-at-a-time', arguments: { ms: 700 } });
  const outcomes = await Promise.allSettled([slow(), slow()]);
  const refusals = outcomes.filter(({ status, value }) => status === 'rejected' || value.isError);
  expectEqual(refusals.length, 1, 'number of refused calls');
  const detail = surfaced(refusals[0], modern);

  const next = await call({ name: 'one-at-a-time', arguments: { ms: 1 } });
  expect(!next.isError, `isError of the next call: ${textOf(next)}`);
  return detail;
}

export async function answerElicitation(call, version, canElicit) {
  if (version < '2025-06-18') {
    throw new NotApplicable('the revision has no elicitation');
  }
  if (!canElicit) {
    throw new NotApplicable('the client has no elicitation');
  }
  const result = await call({ name: 'ask-name', arguments: { greeting: 'Hello' } });
  expect(!result.isError, `isError: ${textOf(result)}`);
  expectEqual(textOf(result), 'Hello Ada', 'text');
}
