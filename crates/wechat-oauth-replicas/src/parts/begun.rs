//! Logins begun on one replica and finished on another.

use tokio::time::Instant;
use wechat_oauth_rig::Next;

use super::many;
use crate::Outcome;
use crate::browser::Browser;
use crate::proxy::REPLICA;
use crate::replicas::Replicas;
use crate::report::Part;
use crate::wechat::WeChat;

const AT_ONCE: usize = 32;

pub(crate) async fn run(replicas: &Replicas, logins: usize, ends_at: Instant) -> Part {
    let mut part = Part::new("begun", "logins", logins);
    let work = |number| {
        let wechat = std::sync::Arc::clone(&replicas.wechat);
        let browser = replicas.browser();
        async move { login(&wechat, browser, number).await }
    };
    many(&mut part, AT_ONCE, ends_at, work, |()| {}).await;
    let exchanges = replicas.wechat.take_exchanges();
    part.fact("exchanges", exchanges.requests);
    if exchanges.requests != part.done as u64 || !exchanges.twice.is_empty() {
        part.wrong.push(format!("{} logins, and {} exchanges", part.done, exchanges.requests));
    }
    part
}

async fn login(wechat: &WeChat, mut browser: Browser, number: usize) -> Outcome {
    let person = number % wechat.people();
    let left = browser.get("/login?return_to=/me").await?;
    let Next::WeChat(url) = left.next()? else { return Err("the login does not lead to WeChat".into()) };
    let callbacks = wechat.allow(&format!("begun {number}"), &url, person, None)?;
    let [callback] = callbacks.as_slice() else { return Err("WeChat does not call back once".into()) };
    let back = browser.get(browser.path_of(callback)?).await?;
    if back.header(&REPLICA) == left.header(&REPLICA) {
        return Err("begun and finished on the same replica".into());
    }
    let Next::Here(path) = back.next()? else { return Err("nobody is signed in".into()) };
    let me = browser.get(&path).await?;
    if path == "/me" && me.body == wechat.openid(person) {
        Ok(())
    } else {
        Err("ended as somebody else".into())
    }
}
