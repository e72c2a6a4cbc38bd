//! What several tests need.

use wechat_oauth_core::{App, Code, Exchanged, Grant, Pending, Response, UnixTime};

use crate::failure::Failure;
use crate::options::{AppOptions, LoginOptions};
use crate::task::{Outcome, Task};

pub(crate) const SECRET: &str = "s3cr3t";
pub(crate) const CODE: &str = "C0DE";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);
pub(crate) const GRANT: &str =
    r#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scope":"snsapi_base"}"#;

pub(crate) fn app() -> App {
    let mut options = AppOptions::new("official_account", "wx1");
    options.secret = Some(SECRET.to_owned());
    options.app().unwrap()
}

pub(crate) fn pending() -> Pending {
    let mut options = LoginOptions::new("snsapi_base", "https://example.com/cb");
    options.state = Some("S1".to_owned());
    options.begin(&app(), || None).unwrap().pending
}

pub(crate) fn code() -> Code {
    pending().accept(&format!("code={CODE}&state=S1")).unwrap()
}

pub(crate) const fn response(body: &str) -> Response<'_> {
    Response::new(200, body.as_bytes(), NOW)
}

pub(crate) fn exchanged(app: &App, status: u16, body: &str) -> Result<Exchanged, Failure> {
    let mut task = Task::exchange(app, code())?;
    task.answer(&Response::new(status, body.as_bytes(), NOW))?;
    match task.finish()? {
        Outcome::Exchanged(exchanged) => Ok(exchanged),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn grant() -> Grant {
    exchanged(&app(), 200, GRANT).unwrap().into_grant().unwrap()
}
