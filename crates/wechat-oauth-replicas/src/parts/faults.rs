//! Logins while WeChat misbehaves, and Redis is killed and stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use wechat_oauth_rig::{Answer, Next, Random};

use super::{about, many};
use crate::browser::Browser;
use crate::replicas::Replicas;
use crate::report::Part;
use crate::site::NOBODY;
use crate::trouble::Trouble;
use crate::wechat::WeChat;
use crate::{Outcome, Plan};

const AT_ONCE: usize = 192;
/// How many of a hundred answers of WeChat's API are faulty.
const FAULTS: u64 = 30;
/// How many of a hundred callbacks are.
const CALLBACK_FAULTS: u64 = 20;
/// How often somebody tries again after a page that invites to.
const TRIES: u32 = 8;
/// How many of a hundred reload the page in place of beginning again.
const RELOADS: u64 = 40;
/// How long somebody looks at a page before trying again, in milliseconds.
const LOOKS: (u64, u64) = (200, 1_500);
/// How often a browser is sent to WeChat without a page in between: the login, and once more by itself. A state that
/// comes back as another begins anew, each time it does.
const HOPS: u32 = 12;

/// How a login ended.
struct Ending {
    /// The reason of the page, if nobody was signed in.
    page: Option<&'static str>,
    /// It was begun again by itself at least once.
    restarted: bool,
    /// How often the person tried again.
    tries: u32,
    took: Duration,
}

pub(crate) async fn run(replicas: &Replicas, plan: Plan, ends_at: Instant) -> Outcome<Part> {
    let mut part = Part::new("faults", "logins", plan.logins);
    let wechat = &replicas.wechat;
    wechat.misbehave(FAULTS);
    let trouble = Trouble::start(&replicas.redis, plan.seed, plan.longest_pause);
    let mut endings = BTreeMap::new();
    let mut times = BTreeMap::new();
    let work = |number| {
        let random = Random::of(plan.seed, &format!("login {number}"));
        let visit = Visit {
            wechat: Arc::clone(wechat),
            browser: replicas.browser(),
            name: format!("login {number}"),
            person: number % wechat.people(),
            random,
        };
        visit.run()
    };
    many(&mut part, AT_ONCE, ends_at, work, |ending: Ending| {
        let how = match (ending.page, ending.restarted, ending.tries) {
            (None, false, 0) => "the right person, at once".to_owned(),
            (None, true, 0) => "the right person, after a restart by itself".to_owned(),
            (None, _, _) => "the right person, after a page and another try".to_owned(),
            (Some(reason), _, _) => format!("nobody, with the page: {reason}"),
        };
        *endings.entry(how).or_insert(0) += 1;
        *times.entry(about(ending.took)).or_insert(0) += 1;
    })
    .await;
    let troubles = trouble.stop()?;
    wechat.misbehave(0);

    for (how, times) in endings.into_iter().chain(times.into_iter().map(|(time, n)| (time.to_owned(), n))) {
        part.fact(how, times);
    }
    let exchanges = wechat.take_exchanges();
    part.fact("states exchanged", exchanges.states);
    part.fact("exchanges", exchanges.requests);
    part.fact("of them repeated, since WeChat was busy", exchanges.repeats);
    for _ in &exchanges.twice {
        part.wrong.push("a callback was exchanged more than once".to_owned());
    }
    let (faults, requests, faulty) = wechat.take_faults();
    part.fact("requests to WeChat", requests);
    part.fact("of them with a fault", faulty);
    for (fault, times) in faults {
        part.fact(format!("  {fault}"), times);
    }
    part.fact("kills of Redis", troubles.kills);
    part.fact("pauses of Redis", troubles.pauses);
    part.fact("milliseconds without Redis", u64::try_from(troubles.away.as_millis())?);
    Ok(part)
}

/// Somebody who wants to sign in.
struct Visit {
    wechat: Arc<WeChat>,
    browser: Browser,
    name: String,
    person: usize,
    random: Random,
}

impl Visit {
    async fn run(mut self) -> Outcome<Ending> {
        let began = Instant::now();
        let (mut restarted, mut tries, mut hops) = (false, 0, 0);
        let mut back: Option<String> = None;
        let mut answer = self.browser.get("/login?return_to=/me").await?;
        loop {
            match answer.next()? {
                Next::WeChat(url) => {
                    hops += 1;
                    restarted |= back.is_some() && tries == 0;
                    if hops > HOPS {
                        return Err("sent to WeChat again and again".into());
                    }
                    let fault = WeChat::fault_of_callback(&mut self.random, CALLBACK_FAULTS);
                    let callbacks = self.wechat.allow(&self.name, &url, self.person, fault)?;
                    let paths: Vec<String> = callbacks
                        .iter()
                        .map(|url| self.browser.path_of(url).map(str::to_owned))
                        .collect::<Result<_, _>>()?;
                    back = paths.last().cloned();
                    answer = self.called_back(paths).await?;
                }
                Next::Here(path) => {
                    answer = self.browser.get(&path).await?;
                    if answer.is_declined() {
                        continue;
                    }
                    let me = answer.body.as_str();
                    return if me == self.wechat.openid(self.person) {
                        Ok(Ending { page: None, restarted, tries, took: began.elapsed() })
                    } else if me == NOBODY {
                        Err("sent on as if signed in, and nobody is".into())
                    } else if self.wechat.is_openid(me) {
                        Err("ended as somebody else".into())
                    } else {
                        Err(format!("ended at an answer without a type: {}", answer.status).into())
                    };
                }
                Next::Page(reason) => {
                    if tries == TRIES {
                        return Ok(Ending { page: Some(reason), restarted, tries, took: began.elapsed() });
                    }
                    tries += 1;
                    hops = 0;
                    let looks = self.random.between(LOOKS.0, LOOKS.1);
                    tokio::time::sleep(Duration::from_millis(looks)).await;
                    let again = match &back {
                        Some(path) if self.random.percent(RELOADS) => path.clone(),
                        _ => "/login?return_to=/me".to_owned(),
                    };
                    answer = self.browser.get(&again).await?;
                    self.check(&answer)?;
                }
            }
        }
    }

    /// The callback, delivered once or twice at the same time. The browser shows the last answer.
    async fn called_back(&mut self, paths: Vec<String>) -> Outcome<Answer> {
        let browser = Arc::new(self.browser.clone());
        let mut deliveries = JoinSet::new();
        for path in paths {
            let browser = Arc::clone(&browser);
            deliveries.spawn(async move { browser.ask(&path).await });
        }
        let mut last = Err("WeChat does not call back".into());
        while let Some(answer) = deliveries.join_next().await {
            let answer = answer??;
            self.check(&answer)?;
            answer.next()?;
            self.browser.keep(&answer);
            last = Ok(answer);
        }
        last
    }

    /// Whoever an answer signs in has to be this person.
    fn check(&self, answer: &Answer) -> Outcome {
        match answer.signed_in() {
            Some(openid) if openid != self.wechat.openid(self.person) => {
                Err("signed in as somebody else".into())
            }
            _ => Ok(()),
        }
    }
}
