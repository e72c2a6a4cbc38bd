//! A refusal is told by its code alone: the message changes no advice, and gives no secret of the request away.

use wechat_oauth_core::{Advice, Error, Operation, ProfileLang, Refusal, Response, Validity};

use crate::answer::{CODE_CANARY, STATUSES, TOKEN_FORMS, app, code, grant, holds_none, with_canaries};
use crate::given::NOW;

/// Takes `CHOICE ERRCODE \n MESSAGE`: a byte that picks the operation and the HTTP status (`0` to `5` are the operations
/// with status 200), the digits of an errcode, and WeChat's message, with the canaries as in an answer.
///
/// # Panics
/// When the refusal is another one than the code says, or what is shown of it quotes the request or breaks a line.
pub fn refusal(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let choice = usize::from(choice.wrapping_sub(b'0'));
    let operation = Operation::ALL[choice % Operation::ALL.len()];
    let status = STATUSES[choice / Operation::ALL.len() % STATUSES.len()];
    let text = with_canaries(rest);
    let text = String::from_utf8_lossy(&text);
    let (number, message) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(errcode) = number.parse::<i64>() else { return };
    // As a number and as digits in a text, which mean the same.
    let bodies = [
        serde_json::json!({ "errcode": errcode, "errmsg": message }),
        serde_json::json!({ "errmsg": message, "errcode": errcode.to_string() }),
    ];
    let told: Vec<_> = bodies.iter().map(|body| read(operation, status, &body.to_string())).collect();
    assert_eq!(told[0], told[1]);
    match &told[0] {
        Told::Refused { errcode: found, advice, .. } => {
            assert_eq!(*found, errcode);
            assert_eq!(*advice, advised(errcode, operation), "{errcode} on {operation}");
        }
        Told::NotValid => {
            assert!(operation == Operation::Check && matches!(errcode, 40001 | 40003 | 40014 | 42001));
        }
        Told::Valid => assert_eq!((operation, status, errcode), (Operation::Check, 200, 0)),
        // Nothing was refused, and nothing was granted either.
        Told::Unread => assert!(errcode == 0 && (operation != Operation::Check || status != 200)),
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    Refused { errcode: i64, advice: Advice, shown: String, request_id: Option<String> },
    NotValid,
    Valid,
    Unread,
}

fn read(operation: Operation, status: u16, body: &str) -> Told {
    let response = Response::new(status, body.as_bytes(), NOW);
    let app = app(operation);
    let own = "the app's own";
    let error = match operation {
        Operation::Exchange | Operation::ComponentExchange => {
            app.exchange(code()).expect(own).read(&response).map(drop)
        }
        Operation::Refresh | Operation::ComponentRefresh => {
            app.refresh(&grant(&app)).expect(own).read(&response).map(drop)
        }
        Operation::Profile => {
            app.profile(&grant(&app), ProfileLang::default()).expect(own).read(&response).map(drop)
        }
        Operation::Check => match app.check(&grant(&app)).expect(own).read(&response) {
            Ok(Validity::Valid) => return Told::Valid,
            Ok(Validity::NotValid(refusal)) => {
                hides_secrets(&refusal);
                return Told::NotValid;
            }
            Err(error) => Err(error),
        },
    };
    match error {
        Err(Error::Refused(refusal)) => {
            hides_secrets(&refusal);
            assert_eq!(refusal.operation(), operation);
            Told::Refused {
                errcode: refusal.errcode(),
                advice: refusal.advice(),
                shown: refusal.to_string(),
                request_id: refusal.request_id().map(str::to_owned),
            }
        }
        Err(Error::Malformed(_)) => Told::Unread,
        Err(error) => panic!("{error}"),
        Ok(()) => panic!("an answer with nothing but an errcode is a success"),
    }
}

fn hides_secrets(refusal: &Refusal) {
    let shown = format!("{refusal} {refusal:?} {} {:?}", refusal.message(), refusal.request_id());
    holds_none(&TOKEN_FORMS, &shown);
    if refusal.operation().spends_code() {
        holds_none(&[CODE_CANARY], &shown);
    }
    assert!(refusal.request_id().is_none_or(|id| id.is_ascii() && id.len() <= 64));
}

/// What the documentation's tables say is to be done, row by row.
fn advised(errcode: i64, operation: Operation) -> Advice {
    const RETRY: [i64; 5] = [-1, 45009, 45011, 61005, 61006];
    const RESTART: [i64; 10] = [40003, 40029, 40030, 40163, 42002, 42003, 42007, 50001, 61009, 61010];
    const TURN_AWAY: [i64; 6] = [40226, 50002, 50003, 50004, 50005, 50006];
    const STALE: [i64; 3] = [40001, 40014, 42001];
    let component = matches!(operation, Operation::ComponentExchange | Operation::ComponentRefresh);
    let of = |codes: &[i64]| codes.contains(&errcode);
    if of(&RETRY) {
        Advice::RetryLater
    } else if of(&RESTART) {
        Advice::RestartAuthorization
    } else if of(&TURN_AWAY) {
        Advice::TurnAway
    } else if errcode == 48001 {
        Advice::AskUserinfoConsent
    } else if component && (of(&STALE) || errcode == 42006) {
        Advice::RenewComponentToken
    } else if of(&STALE) && matches!(operation, Operation::Check | Operation::Profile) {
        Advice::Refresh
    } else if of(&STALE) && operation == Operation::Refresh {
        Advice::RestartAuthorization
    } else {
        Advice::FixConfiguration
    }
}
