// The same without the client: the package says what to send and when, and a program sends it in its own way.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Drives a sign-in or a renewal.
 * @template T
 * @param {import('wechat-oauth-rs').Flow<T>} flow
 * @param {(url: string) => Promise<{ status: number, body: Uint8Array }>} get follows no redirect
 * @returns {Promise<T>}
 */
export async function drive(flow, get) {
  for (;;) {
    const step = flow.step();
    if (step.kind === 'done') return flow.finish(); // or it throws why not
    if (step.kind === 'wait') {
      await sleep(step.milliseconds);
      flow.waited();
      continue;
    }
    const answer = await get(step.url).catch(() => null); // such errors can hold the URL: keep none
    if (answer) flow.answer(answer.status, answer.body);
    else flow.lost('other', 'request'); // it may have been sent
  }
}

/**
 * One request.
 * @param {import('wechat-oauth-rs').App} app
 * @param {import('wechat-oauth-rs').Code} code
 * @param {(url: string) => Promise<{ status: number, body: Uint8Array }>} get
 */
export async function exchange(app, code, get) {
  const call = app.exchange(code);
  console.log(`GET ${call.redactedUrl}`);
  const { status, body } = await get(call.url);
  return call.read(status, body);
}
