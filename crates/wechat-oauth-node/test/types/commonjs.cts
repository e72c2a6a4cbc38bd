// The types as TypeScript sees them from `require`.
import wechat = require('wechat-oauth-rs');

const app: wechat.App = wechat.App.websiteApp('wx0123456789abcdef', 'secret');
const scope: wechat.Scope = 'snsapi_login';
const begun: wechat.Begun = app.login(scope, 'https://example.com/cb', { lang: 'en' }).begin();
const pending: wechat.Pending = wechat.Pending.fromJson(begun.pending.toJson());
export const url: string = begun.url;
export const code: wechat.Code = pending.accept('code=C0DE&state=S7ate');
