// The types as TypeScript sees them from `import`: what has to compile, and what must not.
import {
  App,
  CallbackError,
  Code,
  Grant,
  MisuseError,
  Pending,
  RefusedError,
  WechatOAuthError,
  explain,
  lint,
  type Advice,
  type Flow,
  type Freshness,
  type Person,
  type Profile,
  type Snapshot,
  type Step,
} from 'wechat-oauth-rs';

const app = new App({ account: 'official_account', appid: 'wx0123456789abcdef', secret: 'secret' });

export function begin(): { url: string; session: string } {
  const { url, pending } = app.login('snsapi_userinfo', 'https://example.com/cb', { forcePopup: true }).begin();
  return { url, session: pending.toJson() };
}

export function accept(session: string, query: string): Code | Advice {
  try {
    return Pending.fromJson(session).accept(query);
  } catch (error) {
    if (error instanceof CallbackError) {
      const again: Pending | null = error.pending;
      return again === null ? error.advice : 'retry_later';
    }
    throw error;
  }
}

export function drive(flow: Flow<Person | Snapshot>, send: (url: string) => Uint8Array): Person | null {
  for (;;) {
    const step: Step = flow.step();
    switch (step.kind) {
      case 'send':
        flow.answer(200, send(step.url), 1_790_000_000);
        break;
      case 'wait':
        flow.waited();
        void step.milliseconds.toFixed();
        break;
      case 'done': {
        const result = flow.finish();
        return result.kind === 'person' ? result : null;
      }
      default:
        return step satisfies never;
    }
  }
}

export function use(code: Code): [Freshness, string, 0 | 1 | 2] | number {
  try {
    const exchanged = app.exchange(code).read(200, '{}');
    if (exchanged.kind === 'snapshot') return 0;
    const grant: Grant = exchanged;
    const profile: Profile = app.profile(grant, { lang: 'zh_TW' }).read(200, new Uint8Array());
    return [grant.at(), profile.nickname, profile.sex];
  } catch (error) {
    if (error instanceof RefusedError) return error.errcode;
    if (error instanceof MisuseError) throw new Error(error.reason, { cause: error });
    if (error instanceof WechatOAuthError && error.kind === 'transport') return -1;
    throw error;
  }
}

export const severities: ('error' | 'warning')[] = lint('https://example.com/').map(({ severity }) => severity);
export const meaning: string | undefined = explain(40029)?.meaning.zh;

// @ts-expect-error no such scope
app.login('snsapi_all', 'https://example.com/cb');
// @ts-expect-error no such option
app.login('snsapi_base', 'https://example.com/cb', { forcePopUp: true });
// @ts-expect-error a snapshot visitor has no openid
export const nobody = (visitor: Snapshot) => visitor.openid;
// @ts-expect-error a grant is not made by hand
export const forged = new Grant();
// @ts-expect-error a profile is no grant
export const mixed = (profile: Profile) => app.refresh(profile);
// @ts-expect-error a time is a number of seconds
export const dated = (grant: Grant) => grant.at(new Date());
// @ts-expect-error who it is, is not known before it is asked
export const unasked = (visitor: Person | Snapshot) => visitor.profile;
// @ts-expect-error a code is not sent, what it is exchanged by is
export const bare = (code: Code) => app.refresh(code);
// @ts-expect-error a callback is a text
export const parsed = (pending: Pending) => pending.accept(new URLSearchParams('code=x'));
// @ts-expect-error what is read is not written
export const written = (grant: Grant) => (grant.openid = 'o2');
