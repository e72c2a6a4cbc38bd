//! The emulator's own API, under `/_emulator/`: all that the control page does, as JSON.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wechat_oauth_core::{AppId, Scope, UnixTime};

use crate::authorize;
use crate::browser::{self, HOLDER_COOKIE};
use crate::endpoint::Endpoint;
use crate::login::{Answer, Stage};
use crate::message::{Method, Reply, Request};
use crate::misbehaviour::Misbehaviour;
use crate::page_error::PageError;
use crate::user::User;
use crate::world::{CodeError, NoSuchUser, World};
use crate::{avatar, guard};

/// Whatever is under `/_emulator`.
pub(crate) fn answer(world: &mut World, request: &Request, wall: UnixTime) -> Reply {
    let now = world.time(wall);
    let path = request.path.strip_prefix("/_emulator").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let method = if request.method.reads() { Method::Get } else { request.method };

    // These two are for other sites: an app shows the avatar, and a redirect leads away.
    match (method, &*segments) {
        (Method::Get, ["avatar", user, size]) => {
            let drawn = world.user(user).filter(|user| user.avatar);
            return drawn
                .and_then(|user| avatar::reply(user, size, &world.mint))
                .unwrap_or_else(|| failure(404, "no such avatar"));
        }
        (_, ["away"]) => {
            // So that a test can see that somebody followed the redirect.
            world.log.add(request, 200, None, Some(Misbehaviour::RedirectAway), now);
            return away();
        }
        _ => {}
    }
    if let Err(reason) = guard::check(request) {
        return failure(403, reason);
    }
    match (method, &*segments) {
        (Method::Get, []) => browser::control(world, request, now),
        (Method::Post, ["consent"]) => browser::consent(world, request, now),
        (Method::Get, ["refused", tx]) => browser::refused(world, request, tx, now),
        (Method::Get, ["double", tx]) => browser::double(world, request, tx, now),
        (Method::Get, ["qr", tx]) => browser::poll(world, tx, now),
        (Method::Get, ["phone", tx]) => browser::phone(world, request, tx, now),
        (Method::Post, ["phone", tx]) => browser::answer_phone(world, request, tx, now),
        _ => api(world, method, request, &segments, wall).unwrap_or_else(|error| error),
    }
}

fn api(
    world: &mut World,
    method: Method,
    request: &Request,
    segments: &[&str],
    wall: UnixTime,
) -> Result<Reply, Reply> {
    let now = world.time(wall);
    match (method, segments) {
        (Method::Get, ["accounts"]) => Ok(success(&world.to_file().accounts)),
        (Method::Get, ["users"]) => Ok(success(&people(world, request))),
        (Method::Post, ["users"]) => add_user(world, request),
        (Method::Post, ["current-user"]) => set_holder(world, &body(request)?),
        (Method::Get, ["clock"]) => Ok(clock(world, wall)),
        (Method::Post, ["clock"]) => {
            let Advance { advance } = body(request)?;
            if advance > World::MAX_AHEAD - world.ahead {
                return Err(failure(
                    400,
                    "the clock can be a hundred years ahead at most: POST /_emulator/reset sets it back",
                ));
            }
            world.advance(advance);
            Ok(clock(world, wall))
        }
        (Method::Get, ["faults"]) => Ok(faults(world)),
        (Method::Post, ["faults"]) => add_fault(world, &body(request)?),
        (Method::Delete, ["faults"]) => remove_fault(world, &body(request)?),
        (Method::Get, ["log"]) => Ok(success(&world.log.entries().collect::<Vec<_>>())),
        (Method::Get, ["world"]) => Ok(success(&world.to_file())),
        (Method::Post, ["authorize"]) => authorize(world, request, &body(request)?, now),
        (Method::Delete, ["consents"]) => {
            world.consents.forget_all();
            Ok(success(&json!({})))
        }
        (Method::Post, ["component-token"]) => {
            let ForAccount { appid } = body(request)?;
            let token = world.renew_component_token(appid.as_str(), now).ok_or_else(|| {
                failure(400, "no component has this appid: GET /_emulator/accounts lists them")
            })?;
            Ok(success(&json!({"component_access_token": token})))
        }
        (Method::Post, ["reset"]) => {
            world.reset();
            Ok(success(&json!({})))
        }
        _ => Err(failure(404, "no such call: the emulator's documentation lists them")),
    }
}

fn people(world: &World, request: &Request) -> Vec<Value> {
    let holder = &world.holder(request).id;
    world
        .users()
        .iter()
        .map(|user| {
            let by_account = |of: fn(&World, &str, &str) -> Option<String>| -> Value {
                let pairs = world.accounts().iter().filter_map(|account| {
                    let appid = account.appid().as_str();
                    Some((appid.to_owned(), of(world, &user.id, appid)?.into()))
                });
                Value::Object(pairs.collect())
            };
            json!({
                "id": user.id,
                "nickname": user.nickname,
                "avatar": user.avatar_path(),
                "snapshot": user.snapshot,
                "current": user.id == *holder,
                "openids": by_account(World::openid),
                "unionids": by_account(World::unionid),
            })
        })
        .collect()
}

/// Adds a person, written as in a world file; without an id, one is found.
fn add_user(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let mut written: Value = body(request)?;
    if let Value::Object(keys) = &mut written
        && !keys.contains_key("id")
    {
        let free = (1..).map(|number| format!("user{number}")).find(|id| world.user(id).is_none());
        keys.insert("id".to_owned(), free.unwrap_or_default().into());
    }
    let user: User = serde_json::from_value(written).map_err(|error| failure(400, &error.to_string()))?;
    let added = json!({"id": user.id, "nickname": user.nickname});
    world.add_user(user).map_err(|error| failure(400, &error.to_string()))?;
    Ok(success(&added))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    user: String,
}

fn set_holder(world: &World, holder: &Holder) -> Result<Reply, Reply> {
    let user = world.find_user(&holder.user).ok_or_else(no_such_user)?;
    let cookie = format!("{HOLDER_COOKIE}={}; Path=/; SameSite=Lax", user.id);
    Ok(success(&json!({"user": user.id})).with_header("Set-Cookie", cookie))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForAccount {
    appid: AppId,
}

fn clock(world: &World, wall: UnixTime) -> Reply {
    success(&json!({"now": world.time(wall), "offset": world.ahead}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    name: Option<Misbehaviour>,
    appid: Option<AppId>,
    endpoint: Option<Endpoint>,
    next: Option<u32>,
}

const FAULT_FORMS: &str = "a misbehaviour is {\"name\", \"appid\"} for every request of an account, \
    or {\"name\", \"endpoint\", \"next\"} for the next requests, wherever it can happen without an endpoint";

fn faults(world: &World) -> Reply {
    let all: Vec<_> = Misbehaviour::ALL
        .iter()
        .map(|one| {
            json!({
                "name": one,
                "en": one.english(),
                "zh": one.chinese(),
                "endpoints": one.endpoints(),
            })
        })
        .collect();
    success(&json!({"misbehaviours": all, "next": world.faults.waiting()}))
}

fn add_fault(world: &mut World, fault: &FaultBody) -> Result<Reply, Reply> {
    match fault {
        FaultBody { name: Some(name), appid: Some(appid), endpoint: None, next: None } => {
            let account = world.account_mut(appid.as_str()).ok_or_else(no_such_account)?;
            if !account.misbehaviours.contains(name) {
                account.misbehaviours.push(*name);
            }
        }
        FaultBody { name: Some(name), appid: None, endpoint, next } => world
            .misbehave_next(*name, *endpoint, next.unwrap_or(1))
            .map_err(|error| failure(400, &error.to_string()))?,
        _ => return Err(failure(400, FAULT_FORMS)),
    }
    Ok(faults(world))
}

fn remove_fault(world: &mut World, fault: &FaultBody) -> Result<Reply, Reply> {
    match fault {
        FaultBody { name: None, appid: None, endpoint: None, next: None } => world.behave(),
        FaultBody { name: Some(name), appid: Some(appid), endpoint: None, next: None } => {
            let account = world.account_mut(appid.as_str()).ok_or_else(no_such_account)?;
            account.misbehaviours.retain(|one| one != name);
        }
        FaultBody { name: Some(name), appid: None, endpoint, next: None } => {
            world
                .faults
                .retain(|fault| fault.name != *name || (endpoint.is_some() && fault.endpoint != *endpoint));
        }
        _ => return Err(failure(400, FAULT_FORMS)),
    }
    Ok(faults(world))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorize {
    authorize_url: String,
    user: Option<String>,
    answer: Option<String>,
}

/// A person's answer without a page, for programs: gives the callbacks that the browser would be sent to.
fn authorize(world: &mut World, request: &Request, asked: &Authorize, now: UnixTime) -> Result<Reply, Reply> {
    let answer = Answer::named(asked.answer.as_deref().unwrap_or("allow"))
        .ok_or_else(|| failure(400, "answer is allow, deny or snapshot"))?;
    let user = match &asked.user {
        Some(user) => world.find_user(user).ok_or_else(no_such_user)?,
        None => world.holder(request),
    };
    let user = user.id.clone();
    let (address, fragment) = asked.authorize_url.split_once('#').unwrap_or((&asked.authorize_url, ""));
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let endpoint = [Endpoint::Authorize, Endpoint::Qrconnect]
        .into_iter()
        .find(|page| address.ends_with(page.path()))
        .ok_or_else(|| failure(400, "authorize_url is the whole address of an authorize page"))?;

    let ask = authorize::read(world, endpoint, query).map_err(|error| page_failure(&error))?;
    // The page's own script would stop here. A silent redirect has no page.
    if endpoint == Endpoint::Authorize && ask.scope != Scope::Base && fragment != "wechat_redirect" {
        return Err(page_failure(&PageError::missing_fragment()));
    }
    if ask.scope == Scope::Base && answer == Answer::Deny {
        return Err(failure(400, "snsapi_base asks nobody, so nobody can refuse"));
    }
    if ask.scope == Scope::Login && answer == Answer::Snapshot {
        return Err(failure(400, "snapshot visitors are inside WeChat; a QR code has none"));
    }
    let misbehaviour = world.take_misbehaviour(endpoint, Some(&ask.appid));
    if let Some(error) = misbehaviour.and_then(browser::error_of) {
        return Err(page_failure(&error));
    }
    let callbacks = match world.answered(&ask, &user, answer, misbehaviour, now) {
        Stage::Confirmed(callbacks) => callbacks,
        Stage::Refused(callback) => callback.into_iter().collect(),
        _ => Vec::new(),
    };
    Ok(success(&json!({"callback_urls": callbacks})))
}

/// Where `wx-redirect-away` leads: another host, which answers with a grant of somebody else. Who follows takes it.
fn away() -> Reply {
    let body = concat!(
        r#"{"access_token":"97_taken-from-another-host","expires_in":7200,"refresh_token":"97_taken-from-another-host","#,
        r#""openid":"oTaken-From-Another-Host0000","scope":"snsapi_userinfo","nickname":"another host"}"#,
    );
    Reply::new(200, "text/plain", body)
}

/// The JSON body of a request; none at all counts as `{}`.
fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Reply> {
    let bytes = if request.body.is_empty() { b"{}" } else { request.body.as_slice() };
    serde_json::from_slice(bytes).map_err(|error| failure(400, &format!("the body is not right: {error}")))
}

fn no_such_user() -> Reply {
    failure(400, &NoSuchUser.to_string())
}

fn no_such_account() -> Reply {
    failure(400, &CodeError::NoSuchAccount.to_string())
}

fn success(value: &impl Serialize) -> Reply {
    document(200, value)
}

fn failure(status: u16, error: &str) -> Reply {
    document(status, &json!({"error": error}))
}

/// The error page that a person would see, for a program.
fn page_failure(error: &PageError) -> Reply {
    let text = format!("{}. {}", error.title.en, error.meaning.en);
    document(400, &json!({"error": text.trim_end(), "code": error.code}))
}

pub(crate) fn document(status: u16, value: &impl Serialize) -> Reply {
    // Text keys and plain values only, which always can be written.
    let json = serde_json::to_vec(value).unwrap_or_default();
    Reply::new(status, "application/json", json)
        .with_header("Cache-Control", "no-store")
        .with_header("X-Content-Type-Options", "nosniff")
}
