// Grants that are kept: for what is done in a person's name when the person is not there.
import { Grant } from 'wechat-oauth-rs';

/**
 * After a sign-in.
 * @param {Map<string, string>} store what encrypts what it stores
 * @param {import('wechat-oauth-rs').Person} person
 */
export function keep(store, { appid, openid, grant }) {
  const key = `${appid}/${openid}`;
  const stored = store.get(key);
  if (stored === undefined || grant.replaces(Grant.fromStorage(stored))) {
    store.set(key, grant.exposeForStorage());
  }
  return key;
}

/**
 * A grant whose access token is valid, or null when the person has to sign in again.
 * @param {Map<string, string>} store
 * @param {string} key
 * @param {import('wechat-oauth-rs').App} app
 * @param {import('wechat-oauth-rs').Client} client
 */
export async function fresh(store, key, app, client) {
  const grant = Grant.fromStorage(store.get(key) ?? '');
  switch (grant.at()) {
    case 'fresh':
      return grant;
    case 'renew': {
      const renewed = await client.run(app.renew(grant)); // one at a time for each grant
      store.set(key, renewed.exposeForStorage());
      return renewed;
    }
    default:
      return null;
  }
}
