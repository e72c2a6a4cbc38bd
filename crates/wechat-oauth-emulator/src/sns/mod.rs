//! The API that an app's server calls, `/sns/*`: HTTP 200 and `text/plain` whatever the answer is.

mod check;
mod component;
mod error;
mod exchange;
mod profile;
mod refresh;

pub(crate) use error::ApiError;

use wechat_oauth_core::{AppId, UnixTime};

use crate::account::{Account, AccountKind};
use crate::endpoint::Endpoint;
use crate::json::{Json, Object};
use crate::message::{Params, Reply, Request};
use crate::misbehaviour::{Act, Misbehaviour};
use crate::world::World;

/// The answer of one API endpoint, and the errcode in it for the log.
pub(crate) fn answer(
    world: &mut World,
    endpoint: Endpoint,
    request: &Request,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> (Reply, Option<i64>) {
    if !endpoint.accepts(request.method) {
        return refusal(world, ApiError::REQUIRES_GET, now);
    }
    let params = request.params();
    match misbehaviour.map(Misbehaviour::act) {
        Some(Act::Refuse(error)) => refusal(world, error, now),
        Some(Act::Instead(reply)) => {
            (reply(request, &elsewhere(&world.base_url, request.header("host"))), None)
        }
        Some(Act::HandleThenRefuse(error)) => {
            // Whatever came of it, the answer is this one: the app cannot know that its code is spent.
            let _unseen = handle(world, endpoint, &params, misbehaviour, now);
            refusal(world, error, now)
        }
        Some(Act::Edit(edit)) => {
            let answer = handle(world, endpoint, &params, misbehaviour, now).map(|mut object| {
                edit(&mut object, world, now);
                object
            });
            written(world, endpoint, answer, now)
        }
        Some(Act::Distort(distort)) => {
            let answer = handle(world, endpoint, &params, misbehaviour, now);
            let (reply, errcode) = written(world, endpoint, answer, now);
            (distort(reply), errcode)
        }
        // Those of the pages never come here.
        None | Some(Act::Handle | Act::Page) => {
            let answer = handle(world, endpoint, &params, misbehaviour, now);
            written(world, endpoint, answer, now)
        }
    }
}

fn handle(
    world: &mut World,
    endpoint: Endpoint,
    params: &Params,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> Result<Object, ApiError> {
    match endpoint {
        Endpoint::Exchange => {
            let appid = proven_account(world, params)?;
            exchange::exchange(world, &appid, params, misbehaviour, now)
        }
        Endpoint::Refresh => {
            let appid = plain_account(world, params)?.appid.clone();
            refresh::refresh(world, &appid, params, misbehaviour, now)
        }
        Endpoint::ComponentExchange => {
            let appid = component::authorizer(world, params)?;
            exchange::exchange(world, &appid, params, misbehaviour, now)
        }
        Endpoint::ComponentRefresh => {
            let appid = component::authorizer(world, params)?;
            refresh::refresh(world, &appid, params, misbehaviour, now)
        }
        Endpoint::Check => check::check(world, params, now),
        Endpoint::Profile => profile::profile(world, params, misbehaviour, now),
        Endpoint::Authorize | Endpoint::Qrconnect => Err(ApiError::BUSY),
    }
}

/// The account of a plain call: WeChat looks at the appid before anything else. An account on whose behalf a platform
/// acts has no secret here, so its appid is of the wrong kind.
fn plain_account<'a>(world: &'a World, params: &Params) -> Result<&'a Account, ApiError> {
    let appid = params.filled("appid").ok_or(ApiError::APPID_MISSING)?;
    world
        .account(appid)
        .filter(|account| account.kind != AccountKind::Component)
        .ok_or(ApiError::INVALID_APPID)
}

/// The account of a plain call that proves itself with its secret.
fn proven_account(world: &World, params: &Params) -> Result<AppId, ApiError> {
    let account = plain_account(world, params)?;
    let secret = params.filled("secret").ok_or(ApiError::SECRET_MISSING)?;
    let is_right = account.secret().is_some_and(|expected| expected.expose() == secret);
    if is_right { Ok(account.appid.clone()) } else { Err(ApiError::INVALID_SECRET) }
}

/// The origin of another host, and yet of this machine: `localhost`, for who did not ask by that name.
fn elsewhere(base_url: &str, asked: Option<&str>) -> String {
    let own = base_url.strip_prefix("http://").unwrap_or(base_url);
    let is_localhost = |authority: &str| {
        authority.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("localhost"))
    };
    let port = own.rsplit(':').next().unwrap_or_default();
    match (is_localhost(asked.unwrap_or(own)), is_localhost(own)) {
        (false, _) => format!("http://localhost:{port}"),
        (true, false) => base_url.to_owned(),
        (true, true) => format!("http://127.0.0.1:{port}"),
    }
}

/// An answer as it goes out, and the errcode in it.
fn written(
    world: &mut World,
    endpoint: Endpoint,
    answer: Result<Object, ApiError>,
    now: UnixTime,
) -> (Reply, Option<i64>) {
    match answer {
        Ok(object) => (text(&object), (endpoint == Endpoint::Check).then_some(0)),
        Err(error) => refusal(world, error, now),
    }
}

fn refusal(world: &mut World, error: ApiError, now: UnixTime) -> (Reply, Option<i64>) {
    let message = format!("{}, rid: {}", error.text, world.mint.request_id(now));
    let object = Object::new().with("errcode", Json::Number(error.code)).with("errmsg", Json::Text(message));
    (text(&object), Some(error.code))
}

fn text(object: &Object) -> Reply {
    Reply::new(200, "text/plain", object.to_bytes())
}

/// The account that a request is about, so that the account's misbehaviours meet it.
pub(crate) fn account_of(world: &World, endpoint: Endpoint, params: &Params) -> Option<AppId> {
    match endpoint {
        Endpoint::Check | Endpoint::Profile => {
            let grant = world.grants.of_token(params.get("access_token")?)?;
            Some(grant.appid.clone())
        }
        _ => Some(world.account(params.get("appid")?)?.appid.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_is_never_where_the_request_came() {
        for (base_url, asked, origin) in [
            ("http://127.0.0.1:8787", None, "http://localhost:8787"),
            ("http://127.0.0.1:8787", Some("127.0.0.1:8787"), "http://localhost:8787"),
            ("http://127.0.0.1:8787", Some("LocalHost:8787"), "http://127.0.0.1:8787"),
            ("http://127.0.0.1:8787", Some("api.weixin.qq.com"), "http://localhost:8787"),
            ("http://[::1]:8787", Some("[::1]:8787"), "http://localhost:8787"),
            ("http://[::1]:8787", Some("localhost:8787"), "http://[::1]:8787"),
            ("http://localhost:8787", None, "http://127.0.0.1:8787"),
            ("http://localhost:8787", Some("127.0.0.1:8787"), "http://localhost:8787"),
        ] {
            assert_eq!(elsewhere(base_url, asked), origin, "{base_url} {asked:?}");
        }
    }
}
