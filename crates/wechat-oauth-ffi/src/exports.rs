//! What the header declares. Every comment on an export is the header's text, so it speaks to a C programmer.
//!
//! This is the only file of the project with unsafe code. What it does with a caller's memory is all in the helpers at
//! the end: read a text, write a handle, write a text. The rest is [`door`]'s, which is safe.
#![allow(non_camel_case_types, reason = "the names are the header's")]
#![allow(clippy::doc_markdown, reason = "the text is the header's, which is plain")]
#![allow(
    clippy::missing_safety_doc,
    reason = "what a caller owes is the same everywhere: it stands above the header"
)]

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::slice;

use wechat_oauth_bindings::Misuse;

use crate::door::{self, Answer, Opened, Text};
use crate::texts;

/// The longest body of an answer that is read, in bytes. An HTTP client stops after one byte more and hands over what
/// it has; a longer body is malformed with the reason "too_large", and its bytes are not looked at.
pub const WXO_MAX_BODY: usize = 65536;

/// The longest input of any function but a body, in bytes: a longer one is the misuse "too_large", and is not looked at.
/// Nothing that belongs here has a tenth of it, so it is most likely a wrong length. Options, a pending login and a
/// stored grant may have 65536.
pub const WXO_MAX_INPUT: usize = 1048576;

/// How many handles can be open, and about how many texts. Somebody who is signing in holds two handles and a text for
/// as long as WeChat takes to answer; a process with this many forgets to free them.
pub const WXO_MAX_OPEN: usize = 65536;

/// How a call ended.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum wxo_status {
    /// It went well; out holds the answer.
    WXO_OK = 0,
    /// It did not; out holds the error's document.
    WXO_ERROR = 1,
}

/// An app, a code or a flow: a number, never a pointer. 0 is none. A number is used once, so a handle that was freed
/// stays unknown.
pub type wxo_handle = u64;

/// A text that a function gave out: UTF-8, with a NUL behind it that len does not count. It is the caller's until
/// wxo_text_free. It is read-only. A document holds no line break.
#[repr(C)]
#[derive(Debug)]
pub struct wxo_text {
    /// The first byte, or NULL when there is no text.
    pub data: *const c_char,
    /// How many bytes it has, without the NUL.
    pub len: usize,
}

/// The version of this library, such as "0.1.0". It is static: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn wxo_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Configures an application. Keep the handle for as long as the program runs, and use it from any thread.
///
/// options is {"account":"official_account"|"website"|"component","appid":TEXT,"secret"?:TEXT,
/// "component_appid"?:TEXT,"component_access_token"?:TEXT,"base_url"?:TEXT}. base_url is an emulator's on this machine
/// (http://127.0.0.1:PORT), or one of WeChat's API hosts. A component's token changes every two hours: configure the
/// application again then. out: {}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_app_new(
    options: *const c_char,
    options_len: usize,
    app: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the text that the closure reads.
    unsafe { open(app, out, || door::app_new(input("the options", options, options_len)?)) }
}

/// Begins a login: the URL is for the browser, "pending" to keep with that browser (in its session, or in an encrypted
/// and authenticated cookie) until it comes back, for ten minutes at most.
///
/// login is {"scope":"snsapi_base"|"snsapi_userinfo"|"snsapi_login","redirect_uri":TEXT,"force_popup"?:BOOL,
/// "force_snapshot"?:BOOL,"connect_redirect"?:BOOL,"lang"?:"cn"|"en","state"?:TEXT,"wx_login"?:{...}}. Without "state"
/// one is drawn from the operating system, which is what a site wants: one of your own has to be new each time, and as
/// hard to guess. "wx_login" asks for the argument of Tencent's wxLogin.js, with the options {"self_redirect"?:BOOL,
/// "style"?:"black"|"white","href"?:TEXT,"stylelite"?:0|1,"fast_login"?:0|1,"color_scheme"?:"light"|"dark"|"auto"}.
/// out: {"url","state","pending":{...},"wx_login"?:{...}}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_begin(
    app: wxo_handle,
    login: *const c_char,
    login_len: usize,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the text that the closure reads.
    unsafe { answer(out, || door::begin(app, input("the login's options", login, login_len)?)) }
}

/// Reads the callback of a pending login: its query, or the URL or path with it. The code that it brings is good for
/// one sign-in or exchange.
///
/// out: {"code":TEXT}. When the callback did not bring this login's state, the error's document has "pending" again: the
/// login still waits, and the callback was somebody else's. After anything else but a misuse the login is over: take it
/// out of the session. Nothing is remembered here, so the same pending login and callback would give the same code again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_accept(
    pending: *const c_char,
    pending_len: usize,
    callback: *const c_char,
    callback_len: usize,
    code: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the texts that the closure reads.
    unsafe {
        open(code, out, || {
            door::accept(
                input("the pending login", pending, pending_len)?,
                input("the callback", callback, callback_len)?,
            )
        })
    }
}

/// Takes a code that came on another way than a web callback: from an app's SDK, or by hand. In a web callback this
/// opens the login to forgery: use wxo_accept there.
///
/// scope is what was asked for, in case the answer leaves it out; NULL with 0 when nobody knows. out: {"code":TEXT}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_code_received_without_state(
    text: *const c_char,
    text_len: usize,
    scope: *const c_char,
    scope_len: usize,
    code: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the texts that the closure reads.
    unsafe {
        open(code, out, || {
            door::code_received_without_state(
                input("the code", text, text_len)?,
                optional("the scope", scope, scope_len)?,
            )
        })
    }
}

/// Starts a sign-in: the exchange, then the profile when the scope allows it. The code is used up, unless the error is a
/// misuse, and its handle is still to free.
///
/// options is {"lang"?:"zh_CN"|"zh_TW"|"en"}, the language of place names in the profile; NULL with 0 for none.
/// out: the first step, as wxo_flow_step tells it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_sign_in(
    app: wxo_handle,
    code: wxo_handle,
    options: *const c_char,
    options_len: usize,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the text that the closure reads.
    unsafe { open(flow, out, || door::sign_in(app, code, input("the options", options, options_len)?)) }
}

/// Starts the exchange alone: one call, driven like a flow. The code is used up, as by wxo_sign_in. out: the first step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_exchange(
    app: wxo_handle,
    code: wxo_handle,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers.
    unsafe { open(flow, out, || door::exchange(app, code)) }
}

/// Starts the renewal of a stored grant: a refresh that is repeated while WeChat is busy. Store what comes out in the
/// old grant's place. stored is a "stored_grant" of an earlier answer. out: the first step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_renew(
    app: wxo_handle,
    stored: *const c_char,
    stored_len: usize,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the text that the closure reads.
    unsafe { open(flow, out, || door::renew(app, input("the stored grant", stored, stored_len)?)) }
}

/// Starts one refresh of a stored grant, which nothing repeats. out: the first step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_refresh(
    app: wxo_handle,
    stored: *const c_char,
    stored_len: usize,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the text that the closure reads.
    unsafe { open(flow, out, || door::refresh(app, input("the stored grant", stored, stored_len)?)) }
}

/// Starts a check whether WeChat still takes a stored grant's access token. out: the first step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_check(
    app: wxo_handle,
    stored: *const c_char,
    stored_len: usize,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the text that the closure reads.
    unsafe { open(flow, out, || door::check(app, input("the stored grant", stored, stored_len)?)) }
}

/// Starts the call for a profile with a stored grant. options as for wxo_sign_in. out: the first step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_profile(
    app: wxo_handle,
    stored: *const c_char,
    stored_len: usize,
    options: *const c_char,
    options_len: usize,
    flow: *mut wxo_handle,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for both pointers, as for the texts that the closure reads.
    unsafe {
        open(flow, out, || {
            door::profile(
                app,
                input("the stored grant", stored, stored_len)?,
                input("the options", options, options_len)?,
            )
        })
    }
}

/// What a flow wants now. Asking again changes nothing.
///
/// out: {"step":"send","operation","method":"GET","url","redacted_url"}: GET the url without following redirects, then
/// say wxo_flow_answer or wxo_flow_lost; or {"step":"wait","milliseconds":N}: wait, then say wxo_flow_waited; or
/// {"step":"done"}: wxo_flow_finish has the result. Only redacted_url is for logs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_flow_step(flow: wxo_handle, out: *mut wxo_text) -> wxo_status {
    // SAFETY: the caller vouches for out.
    unsafe { answer(out, || door::flow_step(flow)) }
}

/// The answer came: its HTTP status, its body as it came, and when the request was sent, in seconds since 1970. out: the
/// next step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_flow_answer(
    flow: wxo_handle,
    status: i32,
    body: *const c_char,
    body_len: usize,
    sent_at: u64,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the body that the closure reads.
    unsafe { answer(out, || door::flow_answer(flow, status, &body_of(body, body_len)?, sent_at)) }
}

/// The answer will not come: reason is "resolve", "connect", "tls", "timeout", "closed", "protocol", "proxy" or
/// "other"; phase is how far the request had got: "connect", "request" or "body". out: the next step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_flow_lost(
    flow: wxo_handle,
    reason: *const c_char,
    reason_len: usize,
    phase: *const c_char,
    phase_len: usize,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the texts that the closure reads.
    unsafe {
        answer(out, || {
            door::flow_lost(
                flow,
                input("the reason", reason, reason_len)?,
                input("the phase", phase, phase_len)?,
            )
        })
    }
}

/// The wait is over. out: the next step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_flow_waited(flow: wxo_handle, out: *mut wxo_text) -> wxo_status {
    // SAFETY: the caller vouches for out.
    unsafe { answer(out, || door::flow_waited(flow)) }
}

/// The result of a flow that is done, once. The handle is still to free.
///
/// out of a sign-in: {"signed_in":"person","appid","openid","unionid","profile":{...}|null,"grant":{...},
/// "stored_grant":{...}}, or {"signed_in":"snapshot"}: a visitor of a snapshot page, who is nobody. Of an exchange, a
/// renewal and a refresh: {"grant":{...},"stored_grant":{...}|null}; of a check: {"valid":BOOL}, with "error" when it is
/// not; of a profile: {"profile":{...}}. When only the profile could not be read, the error's document has "grant" and
/// "stored_grant": the person is known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_flow_finish(flow: wxo_handle, out: *mut wxo_text) -> wxo_status {
    // SAFETY: the caller vouches for out.
    unsafe { answer(out, || door::flow_finish(flow)) }
}

/// How good a stored grant is at a time, in seconds since 1970.
/// out: {"freshness":"fresh"|"renew"|"over","expires_at","refresh_token_ends_at"}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_grant_at(
    stored: *const c_char,
    stored_len: usize,
    now: u64,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the text that the closure reads.
    unsafe { answer(out, || door::grant_at(input("the stored grant", stored, stored_len)?, now)) }
}

/// Whether a new grant should take the place of the stored one. Both are "stored_grant"s. out: {"replaces":BOOL}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_grant_replaces(
    grant: *const c_char,
    grant_len: usize,
    stored: *const c_char,
    stored_len: usize,
    now: u64,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the texts that the closure reads.
    unsafe {
        answer(out, || {
            door::grant_replaces(
                input("the grant", grant, grant_len)?,
                input("the stored grant", stored, stored_len)?,
                now,
            )
        })
    }
}

/// Reads an answer whose request was made elsewhere: what `wechat-oauth read` prints, byte for byte. So an error's
/// document is {"error":{...}} alone; a refusal's advice is inside.
///
/// request is {"operation":"exchange"|"refresh"|"check"|"profile"|"component_exchange"|"component_refresh",
/// "status":N,"openid"?:TEXT,"scope"?:TEXT}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_read(
    request: *const c_char,
    request_len: usize,
    body: *const c_char,
    body_len: usize,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the texts that the closure reads.
    unsafe {
        answer(out, || door::read(input("the request", request, request_len)?, &body_of(body, body_len)?))
    }
}

/// Says what is wrong with an authorize URL: what `wechat-oauth lint` prints. request is {"url":TEXT,"domain"?:TEXT}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_lint(
    request: *const c_char,
    request_len: usize,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the text that the closure reads.
    unsafe { answer(out, || door::lint(input("the request", request, request_len)?)) }
}

/// What one of WeChat's error codes means, in English and in Chinese. out: {"code","name","place","meaning","remedy",
/// "advice"}, or null for a code that has nothing to do with web authorization.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_explain(code: i64, out: *mut wxo_text) -> wxo_status {
    // SAFETY: the caller vouches for out.
    unsafe { answer(out, || door::explain(code)) }
}

/// Which way in fits the browser with this User-Agent. out: {"browser":"wechat"|"phone"|"desktop"}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_browser_kind(
    user_agent: *const c_char,
    user_agent_len: usize,
    out: *mut wxo_text,
) -> wxo_status {
    // SAFETY: the caller vouches for out, as for the text that the closure reads.
    unsafe { answer(out, || door::browser_kind(input("the User-Agent", user_agent, user_agent_len)?)) }
}

/// Frees an app, a code or a flow, and wipes its secrets. What another thread has begun with it goes on to its end.
/// WXO_ERROR when there is no such handle (any more).
#[unsafe(no_mangle)]
pub extern "C" fn wxo_handle_free(handle: wxo_handle) -> wxo_status {
    match caught(|| door::handle_free(handle).is_ok()) {
        Some(true) => wxo_status::WXO_OK,
        Some(false) | None => wxo_status::WXO_ERROR,
    }
}

/// Wipes and frees a text, and sets data to NULL and len to 0. Nothing happens to NULL and to an empty text; a
/// freed one is empty. Do not free a copy of it: the address may be another text's by then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_text_free(text: *mut wxo_text) {
    if text.is_null() {
        return;
    }
    // SAFETY: it is not null, so the caller vouches that it points to a text that was written, by a call or as zeros. No
    // alignment is assumed of it, and nothing of where its data points: that is only compared.
    let data = unsafe { text.read_unaligned() }.data;
    // SAFETY: as before; and there is nothing to drop in what was there.
    unsafe { text.write_unaligned(EMPTY) };
    // Should freeing ever panic, the caller has nothing to free any more.
    caught(|| texts::free(data.cast()));
}

/// Panics where told: with the table locked (0), or with a flow locked (its handle). For tests.
#[cfg(feature = "panic-for-tests")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxo_panic_for_tests(flow: wxo_handle, out: *mut wxo_text) -> wxo_status {
    // SAFETY: the caller vouches for out.
    unsafe { answer(out, || door::panic_for_tests(flow)) }
}

/// The document of a panic. It is static, so that nothing can fail on the way out, and nothing of the panic is in it.
const PANICKED: &CStr = c"{\"error\":{\"kind\":\"misuse\",\"reason\":\"panicked\",\"message\":\"a fault in wechat-oauth was caught; please report it, with what was called\"},\"advice\":\"fix_configuration\"}";

const EMPTY: wxo_text = wxo_text { data: ptr::null(), len: 0 };

/// The bytes of a text.
///
/// # Safety
/// `data` points to `len` bytes that nobody writes to during the call, unless it is null or `len` is 0 or more than
/// [`WXO_MAX_INPUT`].
unsafe fn input<'a>(what: &'static str, data: *const c_char, len: usize) -> Result<&'a [u8], Misuse> {
    door::check_input(what, data.is_null(), len)?;
    if len == 0 {
        return Ok(&[]);
    }
    // SAFETY: it is not null and `len` is far below `isize::MAX` (both just checked), bytes need no alignment, and the
    // caller vouches for the rest.
    Ok(unsafe { slice::from_raw_parts(data.cast(), len) })
}

/// The bytes of an answer's body. One that is longer than any that is read is none of the caller's memory, so that a
/// length which is a lie is harmless here: the core finds as many bytes too many either way.
///
/// # Safety
/// As for [`input`], unless `len` is more than [`WXO_MAX_BODY`].
unsafe fn body_of<'a>(data: *const c_char, len: usize) -> Result<Cow<'a, [u8]>, Misuse> {
    if len > WXO_MAX_BODY && !data.is_null() {
        return Ok(Cow::Owned(vec![0; WXO_MAX_BODY + 1]));
    }
    // SAFETY: the caller vouches for it.
    unsafe { input("the body", data, len) }.map(Cow::Borrowed)
}

/// As [`input`], where null says that there is none.
///
/// # Safety
/// As for [`input`].
unsafe fn optional<'a>(
    what: &'static str,
    data: *const c_char,
    len: usize,
) -> Result<Option<&'a [u8]>, Misuse> {
    if data.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller vouches for it.
    unsafe { input(what, data, len) }.map(Some)
}

/// Does what may panic: then there is nothing, and none of what the panic carries. Its drop may panic too, once more.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .map_err(|carried| panic::catch_unwind(AssertUnwindSafe(|| drop(carried))).map_err(mem::forget))
        .ok()
}

/// Does the work of an export, and gives its document out.
///
/// # Safety
/// `out` is null, or points to memory for a text that nobody else uses during the call.
unsafe fn answer(out: *mut wxo_text, work: impl FnOnce() -> Answer) -> wxo_status {
    let wanted = !out.is_null();
    let done = caught(|| {
        if wanted && texts::too_many() {
            return (wxo_status::WXO_ERROR, given(texts::TOO_MANY));
        }
        let (status, document) = match work() {
            Ok(document) => (wxo_status::WXO_OK, document),
            Err(document) => (wxo_status::WXO_ERROR, document),
        };
        (status, if wanted { kept(&document) } else { EMPTY })
    });
    let (status, text) = done.unwrap_or((wxo_status::WXO_ERROR, given(PANICKED)));
    if wanted {
        // SAFETY: it is not null, and the caller vouches for the memory. What was there is no value of ours to drop, and
        // need not be aligned.
        unsafe { out.write_unaligned(text) };
    }
    status
}

/// As [`answer`], for what opens a handle.
///
/// # Safety
/// As for [`answer`], and `handle` is null or points to memory for a handle that nobody else uses during the call.
unsafe fn open(
    handle: *mut wxo_handle,
    out: *mut wxo_text,
    work: impl FnOnce() -> Result<Opened, Text>,
) -> wxo_status {
    let mut opened = 0;
    let place = &mut opened;
    let known = !handle.is_null();
    // SAFETY: the caller vouches for `out`.
    let status = unsafe {
        answer(out, || {
            if !known {
                return Err(Misuse::NullResult("the place of the handle").into());
            }
            let Opened { handle, document } = work()?;
            *place = handle;
            Ok(document)
        })
    };
    if known {
        let opened = if status == wxo_status::WXO_OK { opened } else { 0 };
        // SAFETY: it is not null, and the caller vouches for the memory; no alignment is assumed of it.
        unsafe { handle.write_unaligned(opened) };
    }
    status
}

fn kept(document: &Text) -> wxo_text {
    let (data, len) = texts::keep(document.expose());
    wxo_text { data: data.cast(), len }
}

fn given(text: &'static CStr) -> wxo_text {
    wxo_text { data: text.as_ptr(), len: text.count_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_oauth_bindings::documents;

    #[test]
    fn the_document_of_a_panic_is_that_of_the_misuse() {
        let document = documents::failure(&Misuse::Panicked.into());
        assert_eq!(PANICKED.to_bytes(), document.expose().as_bytes());
    }

    #[test]
    fn the_longest_body_is_the_cores() {
        assert_eq!(WXO_MAX_BODY, wechat_oauth_core::MAX_BODY);
        const { assert!(WXO_MAX_BODY < WXO_MAX_INPUT && WXO_MAX_INPUT < isize::MAX.unsigned_abs()) };
    }

    #[test]
    fn a_panic_that_panics_again_when_it_is_let_go_of_is_one_that_is_caught() {
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic!("again, on purpose");
            }
        }
        let mut out = EMPTY;
        // SAFETY: out is a place of this test's.
        let status = unsafe { answer(&raw mut out, || panic::panic_any(Again)) };
        assert_eq!((status, out.data), (wxo_status::WXO_ERROR, PANICKED.as_ptr()));
    }

    #[test]
    fn what_is_not_asked_for_is_not_kept() {
        // SAFETY: both pointers may be null.
        let status = unsafe { wxo_app_new(ptr::null(), 0, ptr::null_mut(), ptr::null_mut()) };
        assert_eq!(status, wxo_status::WXO_ERROR);
    }
}
