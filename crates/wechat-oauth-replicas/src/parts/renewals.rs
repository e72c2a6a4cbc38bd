//! Grants that have expired, each asked for 64 times at once over all replicas, while Redis is killed and stopped.
//!
//! WeChat gives a new refresh token each time, and the old one is dead: whoever renewed twice would end the grant. No
//! answer of WeChat's is lost here, since a flow then asks again by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wechat_oauth_rig::Random;

use super::many;
use crate::browser::Browser;
use crate::replicas::Replicas;
use crate::report::Part;
use crate::trouble::Trouble;
use crate::wechat::WeChat;
use crate::{Outcome, Plan};

/// How many ask at once.
const ASK: usize = 64;
const AT_ONCE: usize = 4;
/// How long ago the grants were given, in seconds: their access tokens live for two hours.
const AGE: u64 = 3 * 60 * 60;
/// How often one asks who is answered that it cannot be said now, while things break.
const TRIES: u32 = 8;
/// How long they wait before that, in milliseconds.
const WAITS: (u64, u64) = (100, 1_000);

/// What those who asked for one grant were answered, and how often.
type Answers = BTreeMap<String, u64>;

pub(crate) async fn run(replicas: &Replicas, plan: Plan, ends_at: Instant) -> Outcome<Part> {
    let wechat = &replicas.wechat;
    let mut part = Part::new("renewals", "expired grants", plan.expiries.min(wechat.people()));
    let keeper = replicas.keeper().await?;
    for person in 0..part.asked {
        keeper.keep(&wechat.old_grant(person, AGE)?).await?;
    }
    wechat.advance(AGE);
    wechat.rotate_refresh_tokens();

    let trouble = Trouble::start(&replicas.redis, plan.seed, plan.longest_pause);
    let mut answers = Answers::new();
    let work = |person| {
        let wechat = Arc::clone(wechat);
        let browser = replicas.browser();
        let random = Random::of(plan.seed, &format!("grant {person}"));
        async move { expiry(&wechat, browser, person, random).await }
    };
    many(&mut part, AT_ONCE, ends_at, work, |of_one: Answers| {
        for (answer, times) in of_one {
            *answers.entry(answer).or_insert(0) += times;
        }
    })
    .await;
    let troubles = trouble.stop()?;
    let after = Instant::now();
    afterwards(replicas, &mut part).await;
    let healed = after.elapsed();

    let (requests, granted) = wechat.renewals();
    for (answer, times) in answers {
        part.fact(format!("asked for a fresh grant: {answer}"), times);
    }
    part.fact(
        "milliseconds until all were usable, once Redis was left alone",
        u64::try_from(healed.as_millis())?,
    );
    part.fact("renewals asked of WeChat", requests);
    part.fact("renewals that WeChat granted", granted);
    part.fact("kills of Redis", troubles.kills);
    part.fact("pauses of Redis", troubles.pauses);
    part.fact("milliseconds without Redis", u64::try_from(troubles.away.as_millis())?);
    Ok(part)
}

/// Once Redis is left alone everybody's grant is usable: what nobody could write is renewed by who waits for it.
async fn afterwards(replicas: &Replicas, part: &mut Part) {
    let mut asking = JoinSet::new();
    for person in 0..part.done {
        let (browser, wechat) = (replicas.browser(), Arc::clone(&replicas.wechat));
        let random = Random::of(0, &format!("afterwards {person}"));
        asking.spawn(async move {
            let openid = wechat.openid(person);
            let (token, _) = ask(&browser, &format!("/fresh?openid={openid}"), random).await?;
            check(&wechat, openid, [token.ok_or("it did not become usable")?])
        });
    }
    while let Some(asked) = asking.join_next().await {
        match asked {
            Ok(Ok(())) => {}
            Ok(Err(error)) => part.wrong.push(format!("afterwards: {error}")),
            Err(error) => part.wrong.push(format!("afterwards: {error}")),
        }
    }
}

/// One renewal at most, and these are its access tokens.
fn check(wechat: &WeChat, openid: &str, tokens: impl IntoIterator<Item = String>) -> Outcome {
    let renewals = wechat.renewals_of(openid);
    if renewals.requests > 1 {
        return Err(format!("{} renewals of one expiry", renewals.requests).into());
    }
    if tokens.into_iter().any(|token| Some(&token) != renewals.granted.first()) {
        return Err("a usable grant is not the one that WeChat gave".into());
    }
    Ok(())
}

async fn expiry(wechat: &WeChat, browser: Browser, person: usize, random: Random) -> Outcome<Answers> {
    let openid = wechat.openid(person);
    let path: Arc<str> = format!("/fresh?openid={openid}").into();
    let browser = Arc::new(browser);
    let mut asking = JoinSet::new();
    for number in 0..ASK {
        let (browser, path) = (Arc::clone(&browser), Arc::clone(&path));
        let random = random.clone().branch(number as u64);
        asking.spawn(async move { ask(&browser, &path, random).await });
    }
    let mut answers = Answers::new();
    let mut tokens = Vec::new();
    while let Some(asked) = asking.join_next().await {
        let (token, of_one) = asked??;
        tokens.push(token);
        for (answer, times) in of_one {
            *answers.entry(answer).or_insert(0) += times;
        }
    }
    check(wechat, openid, tokens.into_iter().flatten())?;
    Ok(answers)
}

/// Asks until there is a usable grant, or often enough: its access token, and every answer.
async fn ask(browser: &Browser, path: &str, mut random: Random) -> Outcome<(Option<String>, Answers)> {
    let mut answers = Answers::new();
    for _ in 0..TRIES {
        let answer = browser.ask(path).await?;
        let known = ["store", "wechat", "renewal failed", "still renewing"];
        let (word, token) = match (answer.status, answer.body.split_once(' ')) {
            (StatusCode::OK, Some(("usable", token))) => ("usable", Some(token.to_owned())),
            (StatusCode::SERVICE_UNAVAILABLE, _) => {
                let word = known.into_iter().find(|word| *word == answer.body);
                (word.ok_or("an answer without a type")?, None)
            }
            // Nobody's grant has ended: not by WeChat's word, and not for the store.
            (status, _) => return Err(format!("{status} {}", answer.body).into()),
        };
        *answers.entry(word.to_owned()).or_insert(0) += 1;
        if token.is_some() {
            return Ok((token, answers));
        }
        tokio::time::sleep(Duration::from_millis(random.between(WAITS.0, WAITS.1))).await;
    }
    *answers.entry("given up, after typed answers alone".to_owned()).or_insert(0) += 1;
    Ok((None, answers))
}
