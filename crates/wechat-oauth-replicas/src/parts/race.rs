//! One callback, delivered 64 times at once over all replicas.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;
use wechat_oauth_rig::Next;

use super::many;
use crate::browser::Browser;
use crate::proxy::REPLICA;
use crate::replicas::{Persistence, REPLICAS, Replicas, Sharing};
use crate::report::Part;
use crate::wechat::{WeChat, parameter};
use crate::{Outcome, Plan};

/// How many deliveries of one callback there are.
const DELIVERIES: usize = 64;
/// How many rounds are under way at a time: it keeps the machine busy while one round waits for its exchange.
const AT_ONCE: usize = 6;
/// How many rounds the replicas that share nothing are given.
const PLANTED_ROUNDS: usize = 3;

pub(crate) async fn run(replicas: &Replicas, rounds: usize, ends_at: Instant) -> Part {
    let mut part = Part::new("race", "rounds of 64", rounds);
    race(&mut part, replicas, ends_at).await;
    let exchanges = replicas.wechat.take_exchanges();
    part.fact("callbacks", (part.done * DELIVERIES) as u64);
    let seconds = part.took.as_secs_f64().max(f64::EPSILON);
    part.fact("callbacks a second", ((part.done * DELIVERIES) as f64 / seconds) as u64);
    part.fact("exchanges", exchanges.requests);
    if exchanges.requests != exchanges.states {
        part.wrong.push(format!("{} states, and {} exchanges", exchanges.states, exchanges.requests));
    }
    part
}

/// The same with replicas that share nothing: each has to be found out.
pub(crate) async fn planted(plan: Plan) -> Outcome<Part> {
    let replicas = Replicas::start(plan.seed, Persistence::None, Sharing::Nothing).await?;
    let mut found = Part::new("planted", "rounds of 64", PLANTED_ROUNDS);
    race(&mut found, &replicas, Instant::now() + plan.time).await;
    let mut part = Part::new("planted", "bad rounds found", PLANTED_ROUNDS);
    part.took = found.took;
    part.done = found.wrong.len();
    if part.done != PLANTED_ROUNDS {
        part.wrong.push("replicas that share nothing pass for good ones".to_owned());
    }
    Ok(part)
}

async fn race(part: &mut Part, replicas: &Replicas, ends_at: Instant) {
    let work = |number| {
        let wechat = Arc::clone(&replicas.wechat);
        let browser = replicas.browser();
        async move { round(&wechat, browser, number).await }
    };
    many(part, AT_ONCE, ends_at, work, |()| {}).await;
}

async fn round(wechat: &WeChat, mut browser: Browser, number: usize) -> Outcome {
    let person = number % wechat.people();
    let left = browser.get("/login?return_to=/me").await?;
    let Next::WeChat(url) = left.next()? else { return Err("the login does not lead to WeChat".into()) };
    let state = parameter(&url, "state").ok_or("no state")?;
    let callbacks = wechat.allow(&format!("race {number}"), &url, person, None)?;
    let path: Arc<str> = browser.path_of(callbacks.first().ok_or("no callback")?)?.into();

    let browser = Arc::new(browser);
    let mut deliveries = JoinSet::new();
    for _ in 0..DELIVERIES {
        let (browser, path) = (Arc::clone(&browser), Arc::clone(&path));
        deliveries.spawn(async move { browser.ask(&path).await });
    }
    // One answer of each replica, whose cookie is tried.
    let mut tried = std::collections::BTreeMap::new();
    while let Some(answer) = deliveries.join_next().await {
        let answer = answer??;
        let Next::Here(_) = answer.next()? else { return Err("a delivery signs nobody in".into()) };
        if answer.signed_in() != Some(wechat.openid(person)) {
            return Err("a delivery signs in somebody else".into());
        }
        tried.entry(answer.header(&REPLICA).map(str::to_owned)).or_insert(answer);
    }
    if tried.len() != REPLICAS {
        return Err("not every replica had a delivery".into());
    }
    for answer in tried.values() {
        let me = browser.with_cookies_of(answer).get("/me").await?;
        if me.body != wechat.openid(person) {
            return Err("a session is somebody else's".into());
        }
    }
    match wechat.exchanges_of(&state) {
        1 => Ok(()),
        exchanges => Err(format!("{exchanges} exchanges").into()),
    }
}
