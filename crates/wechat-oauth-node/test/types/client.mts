// The client in TypeScript: what comes out of a flow and of each call is known.
import { App, Client, Code, Grant, type Person, type Profile, type Snapshot, type Validity } from 'wechat-oauth-rs';

const app = App.officialAccount('wx0123456789abcdef', 'secret');
const client = new Client(app, { timeout: 3000 });

export async function greeting(code: Code): Promise<string> {
  const visitor = await client.run(app.signIn(code)); // Person | Snapshot
  switch (visitor.kind) {
    case 'person':
      return `hello, ${visitor.profile?.nickname ?? visitor.openid}`;
    case 'snapshot':
      return 'hello, whoever you are'; // has no openid
  }
}

export async function calls(code: Code, grant: Grant, signal: AbortSignal): Promise<void> {
  const signedIn: Person | Snapshot = await client.run(app.signIn(code), { signal });
  const exchanged: Grant | Snapshot = await client.send(app.exchange(code), { signal });
  const refreshed: Grant = await client.send(app.refresh(grant));
  const renewed: Grant = await client.run(app.renew(grant));
  const checked: Validity = await client.send(app.check(grant));
  const profile: Profile = await client.send(app.profile(grant));
  void [signedIn, exchanged, refreshed, renewed, checked, profile];
}

export const proxied = new Client(app, { fetch: (url, init) => fetch(url, { ...init, keepalive: false }) });

// @ts-expect-error a flow is run
void client.send(app.renew(Grant.fromStorage('{}')));
// @ts-expect-error a call is sent
void client.run(app.refresh(Grant.fromStorage('{}')));
// @ts-expect-error no such option
export const slow = new Client(app, { timeOut: 1 });
