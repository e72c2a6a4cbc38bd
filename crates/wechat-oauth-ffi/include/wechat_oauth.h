/*
 * wechat_oauth.h: WeChat web authorization (OAuth 2 as Tencent speaks it).
 *
 * The library builds the authorize URL, reads the callback, describes every request and reads every answer. It sends
 * nothing, has no clock, and waits for nobody: your program does that, with the HTTP client that it has. Link with
 * `pkg-config --cflags --libs wechat-oauth-c`.
 *
 *     wxo_handle app = 0, code = 0, flow = 0;
 *     wxo_text out = {0};
 *
 *     static const char options[] = "{\"account\":\"official_account\",\"appid\":\"wx...\",\"secret\":\"...\"}";
 *     if (wxo_app_new(options, strlen(options), &app, &out) != WXO_OK) fail(&out);
 *     wxo_text_free(&out);
 *
 *     // Out: redirect the browser to "url", keep "pending" in its session.
 *     if (wxo_begin(app, login, strlen(login), &out) != WXO_OK) fail(&out);
 *     wxo_text_free(&out);
 *
 *     // Back: the callback's query, and what was kept in this browser's session.
 *     if (wxo_accept(pending, strlen(pending), query, strlen(query), &code, &out) != WXO_OK) fail(&out);
 *     wxo_text_free(&out);
 *     if (wxo_sign_in(app, code, NULL, 0, &flow, &out) != WXO_OK) fail(&out);
 *     for (;;) {
 *         // {"step":"send","url":...}: GET it, then   wxo_text_free(&out); wxo_flow_answer(flow, ..., &out);
 *         // {"step":"wait","milliseconds":...}: then  wxo_text_free(&out); wxo_flow_waited(flow, &out);
 *         // {"step":"done"}: leave
 *     }
 *     wxo_text_free(&out);
 *     if (wxo_flow_finish(flow, &out) != WXO_OK) fail(&out);   // {"signed_in":"person","openid":...}
 *     wxo_text_free(&out);
 *     wxo_handle_free(flow);
 *     wxo_handle_free(code);
 *
 * Texts in. UTF-8 with an explicit length; no NUL has to follow. The pointer is read during the call and never kept.
 * NULL with length 0 is the empty text. Nothing else is asked of a text: what is too long, not UTF-8, cut off or not
 * what it should be is an error. Optional fields of JSON are marked with ? below; a field that is not known is an error
 * in options, so that a misspelt one is found.
 *
 * Texts out. Each function that can say something writes it to *out: in either case a JSON document, in one line. It
 * overwrites what was there without freeing it. Free each one, once, with wxo_text_free; with no other function. Give
 * NULL for out where only the status matters. Documents hold tokens and codes: do not log them. Of a step, log
 * "redacted_url"; of an error, "error" may be logged.
 *
 * Errors. WXO_ERROR, and in out {"error":{"kind":...,"reason":...,...},"advice":...}: what `wechat-oauth` prints on the
 * command line, and what to do about it. The kinds are configuration, callback, refused, malformed, transport, and
 * misuse: this library was called in a way that cannot work. A place for a handle is set to 0 then.
 *
 * Handles. Free each one, once, with wxo_handle_free, also a code that was used and a flow that is done. A handle that
 * is 0, freed, or of another kind is the misuse unknown_handle or wrong_handle.
 *
 * Threads. Every function may be called from every thread, with any handle, at any time. Threads with the same flow take
 * turns. No thread has a last error: every call gives its own out.
 *
 * Processes. A fork copies what is open, so go on with a code or a flow in one of the two only; and fork while no other
 * thread is inside the library. Free everything before dlclose, which wipes nothing.
 *
 * Faults of the library itself do not cross this boundary: they are the misuse panicked. A flow in which one happened
 * stays so; everything else goes on. Without memory the process is aborted.
 *
 * What is left to the caller: a pointer that is not NULL points to as many bytes as the length says, nobody writes to
 * them during the call, and the places for results can be written to.
 */


#ifndef WECHAT_OAUTH_H
#define WECHAT_OAUTH_H

/* Made by cbindgen from crates/wechat-oauth-ffi/src/exports.rs: do not edit. */

#include <stddef.h>
#include <stdint.h>

/**
 * The longest body of an answer that is read, in bytes. An HTTP client stops after one byte more and hands over what
 * it has; a longer body is malformed with the reason "too_large", and its bytes are not looked at.
 */
#define WXO_MAX_BODY 65536

/**
 * The longest input of any function but a body, in bytes: a longer one is the misuse "too_large", and is not looked at.
 * Nothing that belongs here has a tenth of it, so it is most likely a wrong length. Options, a pending login and a
 * stored grant may have 65536.
 */
#define WXO_MAX_INPUT 1048576

/**
 * How many handles can be open, and about how many texts. Somebody who is signing in holds two handles and a text for
 * as long as WeChat takes to answer; a process with this many forgets to free them.
 */
#define WXO_MAX_OPEN 65536

/**
 * How a call ended.
 */
typedef enum {
  /**
   * It went well; out holds the answer.
   */
  WXO_OK = 0,
  /**
   * It did not; out holds the error's document.
   */
  WXO_ERROR = 1,
} wxo_status;

/**
 * An app, a code or a flow: a number, never a pointer. 0 is none. A number is used once, so a handle that was freed
 * stays unknown.
 */
typedef uint64_t wxo_handle;

/**
 * A text that a function gave out: UTF-8, with a NUL behind it that len does not count. It is the caller's until
 * wxo_text_free. It is read-only. A document holds no line break.
 */
typedef struct {
  /**
   * The first byte, or NULL when there is no text.
   */
  const char *data;
  /**
   * How many bytes it has, without the NUL.
   */
  size_t len;
} wxo_text;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this library, such as "0.1.0". It is static: do not free it.
 */
const char *wxo_version(void);

/**
 * Configures an application. Keep the handle for as long as the program runs, and use it from any thread.
 *
 * options is {"account":"official_account"|"website"|"component","appid":TEXT,"secret"?:TEXT,
 * "component_appid"?:TEXT,"component_access_token"?:TEXT,"base_url"?:TEXT}. base_url is an emulator's on this machine
 * (http://127.0.0.1:PORT), or one of WeChat's API hosts. A component's token changes every two hours: configure the
 * application again then. out: {}.
 */
wxo_status wxo_app_new(const char *options,
                       size_t options_len,
                       wxo_handle *app,
                       wxo_text *out);

/**
 * Begins a login: the URL is for the browser, "pending" to keep with that browser (in its session, or in an encrypted
 * and authenticated cookie) until it comes back, for ten minutes at most.
 *
 * login is {"scope":"snsapi_base"|"snsapi_userinfo"|"snsapi_login","redirect_uri":TEXT,"force_popup"?:BOOL,
 * "force_snapshot"?:BOOL,"connect_redirect"?:BOOL,"lang"?:"cn"|"en","state"?:TEXT,"wx_login"?:{...}}. Without "state"
 * one is drawn from the operating system, which is what a site wants: one of your own has to be new each time, and as
 * hard to guess. "wx_login" asks for the argument of Tencent's wxLogin.js, with the options {"self_redirect"?:BOOL,
 * "style"?:"black"|"white","href"?:TEXT,"stylelite"?:0|1,"fast_login"?:0|1,"color_scheme"?:"light"|"dark"|"auto"}.
 * out: {"url","state","pending":{...},"wx_login"?:{...}}.
 */
wxo_status wxo_begin(wxo_handle app,
                     const char *login,
                     size_t login_len,
                     wxo_text *out);

/**
 * Reads the callback of a pending login: its query, or the URL or path with it. The code that it brings is good for
 * one sign-in or exchange.
 *
 * out: {"code":TEXT}. When the callback did not bring this login's state, the error's document has "pending" again: the
 * login still waits, and the callback was somebody else's. After anything else but a misuse the login is over: take it
 * out of the session. Nothing is remembered here, so the same pending login and callback would give the same code again.
 */
wxo_status wxo_accept(const char *pending,
                      size_t pending_len,
                      const char *callback,
                      size_t callback_len,
                      wxo_handle *code,
                      wxo_text *out);

/**
 * Takes a code that came on another way than a web callback: from an app's SDK, or by hand. In a web callback this
 * opens the login to forgery: use wxo_accept there.
 *
 * scope is what was asked for, in case the answer leaves it out; NULL with 0 when nobody knows. out: {"code":TEXT}.
 */
wxo_status wxo_code_received_without_state(const char *text,
                                           size_t text_len,
                                           const char *scope,
                                           size_t scope_len,
                                           wxo_handle *code,
                                           wxo_text *out);

/**
 * Starts a sign-in: the exchange, then the profile when the scope allows it. The code is used up, unless the error is a
 * misuse, and its handle is still to free.
 *
 * options is {"lang"?:"zh_CN"|"zh_TW"|"en"}, the language of place names in the profile; NULL with 0 for none.
 * out: the first step, as wxo_flow_step tells it.
 */
wxo_status wxo_sign_in(wxo_handle app,
                       wxo_handle code,
                       const char *options,
                       size_t options_len,
                       wxo_handle *flow,
                       wxo_text *out);

/**
 * Starts the exchange alone: one call, driven like a flow. The code is used up, as by wxo_sign_in. out: the first step.
 */
wxo_status wxo_exchange(wxo_handle app,
                        wxo_handle code,
                        wxo_handle *flow,
                        wxo_text *out);

/**
 * Starts the renewal of a stored grant: a refresh that is repeated while WeChat is busy. Store what comes out in the
 * old grant's place. stored is a "stored_grant" of an earlier answer. out: the first step.
 */
wxo_status wxo_renew(wxo_handle app,
                     const char *stored,
                     size_t stored_len,
                     wxo_handle *flow,
                     wxo_text *out);

/**
 * Starts one refresh of a stored grant, which nothing repeats. out: the first step.
 */
wxo_status wxo_refresh(wxo_handle app,
                       const char *stored,
                       size_t stored_len,
                       wxo_handle *flow,
                       wxo_text *out);

/**
 * Starts a check whether WeChat still takes a stored grant's access token. out: the first step.
 */
wxo_status wxo_check(wxo_handle app,
                     const char *stored,
                     size_t stored_len,
                     wxo_handle *flow,
                     wxo_text *out);

/**
 * Starts the call for a profile with a stored grant. options as for wxo_sign_in. out: the first step.
 */
wxo_status wxo_profile(wxo_handle app,
                       const char *stored,
                       size_t stored_len,
                       const char *options,
                       size_t options_len,
                       wxo_handle *flow,
                       wxo_text *out);

/**
 * What a flow wants now. Asking again changes nothing.
 *
 * out: {"step":"send","operation","method":"GET","url","redacted_url"}: GET the url without following redirects, then
 * say wxo_flow_answer or wxo_flow_lost; or {"step":"wait","milliseconds":N}: wait, then say wxo_flow_waited; or
 * {"step":"done"}: wxo_flow_finish has the result. Only redacted_url is for logs.
 */
wxo_status wxo_flow_step(wxo_handle flow,
                         wxo_text *out);

/**
 * The answer came: its HTTP status, its body as it came, and when the request was sent, in seconds since 1970. out: the
 * next step.
 */
wxo_status wxo_flow_answer(wxo_handle flow,
                           int32_t status,
                           const char *body,
                           size_t body_len,
                           uint64_t sent_at,
                           wxo_text *out);

/**
 * The answer will not come: reason is "resolve", "connect", "tls", "timeout", "closed", "protocol", "proxy" or
 * "other"; phase is how far the request had got: "connect", "request" or "body". out: the next step.
 */
wxo_status wxo_flow_lost(wxo_handle flow,
                         const char *reason,
                         size_t reason_len,
                         const char *phase,
                         size_t phase_len,
                         wxo_text *out);

/**
 * The wait is over. out: the next step.
 */
wxo_status wxo_flow_waited(wxo_handle flow, wxo_text *out);

/**
 * The result of a flow that is done, once. The handle is still to free.
 *
 * out of a sign-in: {"signed_in":"person","appid","openid","unionid","profile":{...}|null,"grant":{...},
 * "stored_grant":{...}}, or {"signed_in":"snapshot"}: a visitor of a snapshot page, who is nobody. Of an exchange, a
 * renewal and a refresh: {"grant":{...},"stored_grant":{...}|null}; of a check: {"valid":BOOL}, with "error" when it is
 * not; of a profile: {"profile":{...}}. When only the profile could not be read, the error's document has "grant" and
 * "stored_grant": the person is known.
 */
wxo_status wxo_flow_finish(wxo_handle flow,
                           wxo_text *out);

/**
 * How good a stored grant is at a time, in seconds since 1970.
 * out: {"freshness":"fresh"|"renew"|"over","expires_at","refresh_token_ends_at"}.
 */
wxo_status wxo_grant_at(const char *stored, size_t stored_len, uint64_t now, wxo_text *out);

/**
 * Whether a new grant should take the place of the stored one. Both are "stored_grant"s. out: {"replaces":BOOL}.
 */
wxo_status wxo_grant_replaces(const char *grant,
                              size_t grant_len,
                              const char *stored,
                              size_t stored_len,
                              uint64_t now,
                              wxo_text *out);

/**
 * Reads an answer whose request was made elsewhere: what `wechat-oauth read` prints, byte for byte. So an error's
 * document is {"error":{...}} alone; a refusal's advice is inside.
 *
 * request is {"operation":"exchange"|"refresh"|"check"|"profile"|"component_exchange"|"component_refresh",
 * "status":N,"openid"?:TEXT,"scope"?:TEXT}.
 */
wxo_status wxo_read(const char *request,
                    size_t request_len,
                    const char *body,
                    size_t body_len,
                    wxo_text *out);

/**
 * Says what is wrong with an authorize URL: what `wechat-oauth lint` prints. request is {"url":TEXT,"domain"?:TEXT}.
 */
wxo_status wxo_lint(const char *request,
                    size_t request_len,
                    wxo_text *out);

/**
 * What one of WeChat's error codes means, in English and in Chinese. out: {"code","name","place","meaning","remedy",
 * "advice"}, or null for a code that has nothing to do with web authorization.
 */
wxo_status wxo_explain(int64_t code,
                       wxo_text *out);

/**
 * Which way in fits the browser with this User-Agent. out: {"browser":"wechat"|"phone"|"desktop"}.
 */
wxo_status wxo_browser_kind(const char *user_agent, size_t user_agent_len, wxo_text *out);

/**
 * Frees an app, a code or a flow, and wipes its secrets. What another thread has begun with it goes on to its end.
 * WXO_ERROR when there is no such handle (any more).
 */
wxo_status wxo_handle_free(wxo_handle handle);

/**
 * Wipes and frees a text, and sets data to NULL and len to 0. Nothing happens to NULL and to an empty text; a
 * freed one is empty. Do not free a copy of it: the address may be another text's by then.
 */
void wxo_text_free(wxo_text *text);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WECHAT_OAUTH_H */
