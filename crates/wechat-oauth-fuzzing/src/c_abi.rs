//! Whatever a program in C calls, in whatever order: a document comes back, the handles are what they were opened for,
//! and no error gives a secret away.

use std::collections::BTreeMap;
use std::mem::{discriminant, take};

use serde_json::Value;
use wechat_oauth_c::door::{self, Answer, Opened, Text};

use crate::answer::{CODE_CANARY, TOKEN_CANARY, TOKEN_FORMS, holds_none};
use crate::given::{APPID, NOW, OPENID};

/// How many calls one input makes.
const MAX_CALLS: usize = 64;

/// The HTTP statuses that an input can choose.
const STATUSES: [i32; 8] = [200, 302, 500, 0, -1, 65535, 65536, i32::MIN];

/// The times that an input can choose: while the canned grants are good, when they are to renew, and when they are over.
const TIMES: [u64; 6] =
    [NOW.as_secs(), NOW.as_secs() + 7200, NOW.as_secs() + 30 * 86400, NOW.as_secs() - 1, 0, u64::MAX];

/// Takes one call from each line: `FUNCTION HANDLE NUMBER TEXT \t TEXT ...`, where the first three are a byte each.
///
/// * The function: `a` is the header's first, `wxo_app_new`, and `v` the last, `wxo_handle_free`.
/// * The handle: `0` is the first that was given out, `1` the second. Any other byte is one that was not, or not yet.
/// * The number: a second handle, or a place in the list of statuses or of times.
/// * A text: `@` with a letter behind it stands for one of those in `Program::text`.
///
/// # Panics
/// When an answer is no document, an error gives a secret away, a handle is taken for another one, a flow forgets what
/// it wanted, or something is left in the table of handles at the end.
pub fn c_abi(data: &[u8]) {
    // What a program writes into its texts itself may be shown.
    let holds = |canary: &str| data.windows(canary.len()).any(|at| at == canary.as_bytes());
    if TOKEN_FORMS.iter().any(|canary| holds(canary)) || holds(CODE_CANARY) {
        return;
    }
    let mut program = Program::default();
    for line in data.split(|byte| *byte == b'\n').take(MAX_CALLS) {
        program.call(line);
    }
    program.end();
}

/// The program in C: what it knows of its handles, and keeps of the answers.
#[derive(Default)]
struct Program {
    /// Every handle, in the order in which they were given out.
    given: Vec<u64>,
    /// Those that are not freed.
    open: BTreeMap<u64, Kind>,
    /// The latest pending login.
    pending: Option<String>,
    /// The latest stored grant.
    stored: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    App,
    Code { spent: bool },
    Flow,
}

const UNSPENT: Kind = Kind::Code { spent: false };

impl Program {
    fn call(&mut self, line: &[u8]) {
        let [function, handle, number, texts @ ..] = line else { return };
        let handle = self.handle(*handle);
        let second = self.handle(*number);
        let place = usize::from(number.wrapping_sub(b'0'));
        let status = STATUSES[place % STATUSES.len()];
        let time = TIMES[place % TIMES.len()];
        let mut given = texts.split(|byte| *byte == b'\t').map(|text| self.text(text, handle));
        let one = given.next().unwrap_or_default();
        let other = given.next();
        let two = other.as_deref().unwrap_or_default();
        match function {
            b'a' => self.opened(Kind::App, &[], door::app_new(&one)),
            b'b' => self.answered(&[(handle, Kind::App)], &door::begin(handle, &one)),
            b'c' => self.opened(UNSPENT, &[], door::accept(&one, two)),
            b'd' => self.opened(UNSPENT, &[], door::code_received_without_state(&one, other.as_deref())),
            b'e' => self.spent(handle, second, door::sign_in(handle, second, &one)),
            b'f' => self.spent(handle, second, door::exchange(handle, second)),
            b'g' => self.opened(Kind::Flow, &[(handle, Kind::App)], door::renew(handle, &one)),
            b'h' => self.opened(Kind::Flow, &[(handle, Kind::App)], door::refresh(handle, &one)),
            b'i' => self.opened(Kind::Flow, &[(handle, Kind::App)], door::check(handle, &one)),
            b'j' => self.opened(Kind::Flow, &[(handle, Kind::App)], door::profile(handle, &one, two)),
            b'k' => self.stepped(handle, &door::flow_step(handle)),
            b'l' => self.stepped(handle, &door::flow_answer(handle, status, &one, time)),
            b'm' => self.stepped(handle, &door::flow_lost(handle, &one, two)),
            b'n' => self.stepped(handle, &door::flow_waited(handle)),
            b'o' => self.answered(&[(handle, Kind::Flow)], &door::flow_finish(handle)),
            b'p' => self.answered(&[], &door::grant_at(&one, time)),
            b'q' => self.answered(&[], &door::grant_replaces(&one, two, time)),
            b'r' => self.answered(&[], &door::read(&one, two)),
            b's' => self.answered(&[], &door::lint(&one)),
            b't' => self.answered(&[], &door::explain(parsed_number(&one))),
            b'u' => self.answered(&[], &door::browser_kind(&one)),
            b'v' => self.freed(handle),
            _ => {}
        }
    }

    fn handle(&self, byte: u8) -> u64 {
        match self.given.get(usize::from(byte.wrapping_sub(b'0'))) {
            Some(handle) => *handle,
            None if byte == b'z' => u64::MAX,
            None => u64::from(byte.saturating_sub(b'a')),
        }
    }

    fn text(&self, text: &[u8], flow: u64) -> Vec<u8> {
        let [b'@', letter] = text else { return text.to_vec() };
        let text = match letter {
            b'o' => app_options("official_account", ""),
            b'w' => app_options("website", ""),
            b'c' => app_options(
                "component",
                &format!(
                    r#","component_appid":"wxc0c0c0c0c0c0c0c0","component_access_token":"{TOKEN_CANARY}""#
                ),
            ),
            b'b' => login_options("snsapi_base"),
            b'u' => login_options("snsapi_userinfo"),
            b'l' => login_options("snsapi_login"),
            b'p' => self.pending.clone().unwrap_or_else(|| PENDING.replace("APPID", APPID)),
            b'q' => format!("code={CODE_CANARY}&state=S1&appid={APPID}"),
            b'k' => CODE_CANARY.to_owned(),
            b'g' => grant(""),
            b'v' => grant(r#","is_snapshotuser":1"#),
            b'f' => format!(r#"{{"openid":"{OPENID}","nickname":"Lily","sex":2,"privilege":[]}}"#),
            b'y' => r#"{"errcode":0,"errmsg":"ok"}"#.to_owned(),
            b's' => self.stored.clone().unwrap_or_else(stored),
            b'e' => echo(40029, flow),
            b't' => echo(40001, flow),
            b'x' => echo(-1, flow),
            b'r' => r#"{"operation":"exchange","status":200}"#.to_owned(),
            b'a' => "https://open.weixin.qq.com/connect/oauth2/authorize?appid=".to_owned(),
            b'm' => "x".repeat(wechat_oauth_core::MAX_BODY + 1),
            _ => String::new(),
        };
        text.into_bytes()
    }

    /// A call that gives a handle when it goes well, and then needed the others.
    fn opened(&mut self, kind: Kind, needed: &[(u64, Kind)], opened: Result<Opened, Text>) {
        let (handle, answer) = match opened {
            Ok(Opened { handle, document }) => (handle, Ok(document)),
            Err(error) => (0, Err(error)),
        };
        let went_well = self.checked(needed, &answer).is_some();
        if went_well {
            assert!(self.given.iter().all(|earlier| *earlier < handle), "{handle} again");
            self.given.push(handle);
            self.open.insert(handle, kind);
        }
        if went_well && kind == Kind::Flow {
            self.stepped(handle, &answer);
        }
    }

    fn spent(&mut self, app: u64, code: u64, opened: Result<Opened, Text>) {
        let went_well = opened.is_ok();
        self.opened(Kind::Flow, &[(app, Kind::App), (code, UNSPENT)], opened);
        if went_well {
            self.open.insert(code, Kind::Code { spent: true });
        }
    }

    /// A call that gives a flow's next step, which asking again does not change.
    fn stepped(&self, flow: u64, answer: &Answer) {
        let Some(step) = self.checked(&[(flow, Kind::Flow)], answer) else { return };
        let again = door::flow_step(flow).expect("it had a step");
        assert_eq!(read(&again), step);
        match step["step"].as_str() {
            Some("send") => hides_secrets(&step["redacted_url"]),
            Some("wait") => {
                let wait = step["milliseconds"].as_u64().expect("a number");
                assert!((1..=3000).contains(&wait), "{wait}");
            }
            other => assert_eq!(other, Some("done")),
        }
    }

    /// A call that gives a document.
    fn answered(&mut self, needed: &[(u64, Kind)], answer: &Answer) {
        let Some(document) = self.checked(needed, answer) else { return };
        for (name, kept) in [("pending", &mut self.pending), ("stored_grant", &mut self.stored)] {
            if document[name].is_object() {
                *kept = Some(document[name].to_string());
            }
        }
    }

    fn freed(&mut self, handle: u64) {
        match door::handle_free(handle) {
            Ok(()) => assert!(self.open.remove(&handle).is_some(), "{handle} was not open"),
            Err(error) => self.refused(&[(handle, Kind::App)], &read(&error)),
        }
    }

    /// The document of what went well. Nothing goes well without the handles that it needs.
    fn checked(&self, needed: &[(u64, Kind)], answer: &Answer) -> Option<Value> {
        match answer {
            Ok(document) => {
                for (handle, kind) in needed {
                    assert_eq!(self.open.get(handle), Some(kind), "{handle}");
                }
                Some(read(document))
            }
            Err(error) => {
                self.refused(needed, &read(error));
                None
            }
        }
    }

    /// What is said about a handle is true, and an error's secrets are only where they are given back.
    fn refused(&self, needed: &[(u64, Kind)], error: &Value) {
        let found: Vec<_> = needed.iter().map(|(handle, kind)| (self.open.get(handle), kind)).collect();
        let some = |of: fn(Option<&Kind>, &Kind) -> bool| found.iter().any(|(found, kind)| of(*found, kind));
        let reason = error["error"]["reason"].as_str().unwrap_or_default();
        match error["error"]["kind"].as_str().expect("a kind") {
            "misuse" => assert!(match reason {
                "unknown_handle" => some(|found, _| found.is_none()),
                "wrong_handle" => {
                    some(|found, kind| found.is_some_and(|found| discriminant(found) != discriminant(kind)))
                }
                "code_used" => some(|found, _| matches!(found, Some(Kind::Code { .. }))),
                reason => !reason.is_empty() && reason != "panicked",
            }),
            kind => assert!(KINDS.contains(&kind), "{kind}"),
        }
        for (name, part) in error.as_object().expect("an object") {
            match name.as_str() {
                "error" | "advice" => hides_secrets(part),
                // The login still waits, or the person is known.
                "pending" | "grant" | "stored_grant" => assert!(part.is_object()),
                other => panic!("{other}"),
            }
        }
    }

    fn end(mut self) {
        for handle in take(&mut self.open).into_keys() {
            door::handle_free(handle).expect("it is open");
        }
        assert_eq!(door::open_handles(), 0);
    }
}

const KINDS: [&str; 5] = ["configuration", "callback", "refused", "malformed", "transport"];

/// What waits for the canned callback.
const PENDING: &str = r#"{"state":"S1","appid":"APPID","component_appid":null,"scope":"snsapi_userinfo"}"#;

fn app_options(account: &str, more: &str) -> String {
    let secret =
        if account == "component" { String::new() } else { format!(r#","secret":"{TOKEN_CANARY}""#) };
    format!(r#"{{"account":"{account}","appid":"{APPID}"{secret}{more}}}"#)
}

fn login_options(scope: &str) -> String {
    format!(r#"{{"scope":"{scope}","redirect_uri":"https://www.example.com/callback","state":"S1"}}"#)
}

fn grant(more: &str) -> String {
    format!(
        r#"{{"access_token":"{TOKEN_CANARY}","expires_in":7200,"refresh_token":"{TOKEN_CANARY}","openid":"{OPENID}","scope":"snsapi_userinfo"{more}}}"#
    )
}

fn stored() -> String {
    let now = NOW.as_secs();
    format!(
        r#"{{"appid":"{APPID}","openid":"{OPENID}","unionid":null,"access_token":"{TOKEN_CANARY}","refresh_token":"{TOKEN_CANARY}","scopes":["snsapi_userinfo"],"scopes_assumed":false,"asked":"snsapi_userinfo","issued_at":{now},"expires_in":7200,"refresh_token_issued_at":{now}}}"#
    )
}

/// A refusal that quotes the whole request.
fn echo(errcode: i32, flow: u64) -> String {
    let url = door::flow_step(flow).ok().and_then(|step| Some(read(&step)["url"].as_str()?.to_owned()));
    serde_json::json!({ "errcode": errcode, "errmsg": url.unwrap_or_default() }).to_string()
}

fn hides_secrets(part: &Value) {
    let shown = part.to_string();
    holds_none(&TOKEN_FORMS, &shown);
    holds_none(&[CODE_CANARY], &shown);
}

/// A document is JSON, in one line.
fn read(document: &Text) -> Value {
    let document = document.expose();
    assert!(!document.contains(['\n', '\0']), "{document:?}");
    serde_json::from_str(document).expect("JSON")
}

fn parsed_number(text: &[u8]) -> i64 {
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Program {
        let mut program = Program::default();
        for line in lines {
            program.call(line.as_bytes());
        }
        program
    }

    /// The canned texts lead all the way, or the fuzzer would see misuse alone.
    #[test]
    fn a_program_of_canned_texts_signs_in() {
        for (app, login) in [("a00@o", "b00@u"), ("a00@w", "b00@l"), ("a00@c", "b00@b")] {
            let mut program =
                after(&[app, login, "c00@p\t@q", "e01", "l20@x", "n20", "l20@g", "l20@f", "o20"]);
            let kinds: Vec<_> = program.open.values().copied().collect();
            assert_eq!(kinds, [Kind::App, Kind::Code { spent: true }, Kind::Flow]);
            assert!(program.pending.as_ref().is_some_and(|pending| pending.contains("S1")));
            assert!(program.stored.as_ref().is_some_and(|stored| stored.contains(TOKEN_CANARY)));
            program.call(b"v20");
            assert_eq!(program.open.len(), 2);
            // A refusal quotes what no error may.
            program.call(b"g00@s");
            let quoted = String::from_utf8(program.text(b"@e", program.handle(b'3'))).unwrap();
            assert!(quoted.contains("refresh_token=77_canary"), "{quoted}");
            program.end();
        }
    }
}
