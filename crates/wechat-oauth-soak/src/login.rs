//! One login: somebody with a browser, what the script has for them, and the judge of what becomes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::time::timeout;
use wechat_oauth_emulator::Misbehaviour;
use wechat_oauth_rig::{Answer, Next, Random};

use crate::Outcome;
use crate::browser::Browser;
use crate::phone::Phone;
use crate::script::{Attempt, Expected, Fault, Question, Return, Script};
use crate::site::{NOBODY, ORIGIN, path};
use crate::truth::{APPS, PEOPLE, Truth, nickname_of};
use crate::wechat::PersonAnswers;

/// No login takes so many attempts: from the fourth on nothing odd happens to its callbacks, and the site begins a login
/// again once.
const ATTEMPTS: u32 = 8;
/// How long one delivery of a callback waits for another, before it counts the other's answer as lost.
const DELIVERIES_WAIT: Duration = Duration::from_secs(30);
/// How long a browser waits that goes away, at most, in milliseconds.
const GOES_AFTER: usize = 20;

/// Where all logins take place.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) script: Script,
    pub(crate) truth: Arc<Truth>,
    pub(crate) phone: Phone,
    pub(crate) site: Router,
    /// How long the site waits for each of WeChat's answers. Where a machine is so slow that something took longer, an
    /// answer may have been given up that the script calls good.
    pub(crate) patience: Duration,
    /// How long the site may take for an answer of its own.
    pub(crate) deadline: Duration,
}

/// How a login ended: as it had to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// The reason of the page, if nobody was signed in.
    pub(crate) page: Option<&'static str>,
    /// Whether the session has the person's name.
    pub(crate) named: bool,
    /// How often the site began again by itself.
    pub(crate) restarts: u32,
    /// It ended otherwise than its script says, though in a way that a slow machine explains.
    pub(crate) late: bool,
    /// The exchange was done and its answer lost, the first time.
    pub(crate) lost_answer: bool,
    pub(crate) took: Duration,
    /// How long the slowest answer of the site took.
    pub(crate) slowest: Duration,
    pub(crate) ways: [Option<Return>; ATTEMPTS as usize],
}

struct Visit {
    stage: Arc<Stage>,
    browser: Browser,
    login: u64,
    person: usize,
    app: usize,
    /// Where the site has to send the browser that it signs in.
    home: String,
    slowest: Duration,
}

/// Plays one login, and says how it ended, or what was wrong with it.
pub(crate) async fn play(stage: Arc<Stage>, login: u64) -> Outcome<Ending> {
    let mut random = Random::of_numbers(&[stage.script.seed, login]);
    let app = random.below(APPS);
    let visit = Visit {
        browser: Browser::new(&stage.site, stage.deadline),
        stage,
        login,
        person: random.below(PEOPLE),
        app,
        home: path(app, "me"),
        slowest: Duration::ZERO,
    };
    visit.run().await
}

impl Visit {
    async fn run(mut self) -> Outcome<Ending> {
        let began = Instant::now();
        let script = self.stage.script;
        let mut answer = self.get(&format!("{}?return_to={}", path(self.app, "login"), self.home)).await?;
        let mut late = false;
        let mut ways = [None; ATTEMPTS as usize];
        let first = Attempt { login: self.login, attempt: 0 };
        let lost_answer = script.fault(first, Question::Exchange, 0) == Some(Fault::LostAnswer)
            && sends_its_code(script.way_back(first));
        for attempt in 0..ATTEMPTS {
            let Next::WeChat(url) = answer.next()? else {
                return Err("the login does not lead to WeChat".into());
            };
            let of = Attempt { login: self.login, attempt };
            let way = script.way_back(of);
            ways[attempt as usize] = Some(way);
            let expected = script.expected(of);

            let left = Instant::now();
            answer = self.come_back(of, way, &url).await?;
            let next = self.followed(&mut answer).await?;
            // A request to WeChat that was given up took at least so long.
            let may_differ = left.elapsed() >= self.stage.patience;
            let (actual, page, named) = match next {
                Next::WeChat(_) => (Expected::Again, None, false),
                Next::Page(reason) => (Expected::Page(reason), Some(reason), false),
                Next::Here(home) => {
                    let profile = self.is_signed_in(&home).await?;
                    (Expected::Person { profile }, None, profile)
                }
            };
            if actual != expected {
                if !may_differ || matches!(actual, Expected::Page(reason) if reason != "lost") {
                    return Err(format!("{way:?}: {actual:?}, and not {expected:?}").into());
                }
                late = true;
            }
            if actual == Expected::Again {
                continue;
            }
            return Ok(Ending {
                page,
                named,
                restarts: attempt,
                late,
                lost_answer,
                took: began.elapsed(),
                slowest: self.slowest,
                ways,
            });
        }
        Err("sent to WeChat again and again".into())
    }

    /// The person answers at WeChat, and the browser comes back to the site: its last answer.
    async fn come_back(&mut self, of: Attempt, way: Return, url: &str) -> Outcome<Answer> {
        if way == Return::AnothersCallback {
            return self.follow_a_link(of).await;
        }
        let misbehaviour = match way {
            Return::TwiceOneCode => Some(Misbehaviour::DoubleSameCode),
            Return::TwiceTwoCodes => Some(Misbehaviour::DoubleTwoCodes),
            Return::TwoCodesInOne => Some(Misbehaviour::CallbackCodeTwice),
            Return::StateSwapped => Some(Misbehaviour::CallbackStateSwapped),
            Return::NoState => Some(Misbehaviour::CallbackNoState),
            _ => None,
        };
        let answer = match way {
            Return::Denied => "deny",
            Return::SnapshotVisitor => "snapshot",
            _ => "allow",
        };
        let paths = self.answer_at_wechat(of, self.person, url, answer, misbehaviour).await?;
        match (way, paths.as_slice()) {
            (Return::TwiceOneCode | Return::TwiceTwoCodes, [first, second]) => {
                let asked = Instant::now();
                let (first, second) = tokio::join!(self.browser.ask(first), self.browser.ask(second));
                let (first, second) = (first?, second?);
                // Whichever comes last is shown; both count.
                self.note(&first)?;
                self.note(&second)?;
                let kind = std::mem::discriminant;
                if kind(&first.next()?) != kind(&second.next()?) && asked.elapsed() < DELIVERIES_WAIT {
                    return Err("two deliveries of one callback are answered in two ways".into());
                }
                Ok(second)
            }
            (Return::AnotherApp, [callback]) => {
                let here = path(self.app, "");
                self.app = (self.app + 1) % APPS;
                self.home = "/".to_owned();
                self.get(&callback.replacen(&here, &path(self.app, ""), 1)).await
            }
            (Return::GoneAndBack, [callback]) => {
                let mut random =
                    Random::of_numbers(&[self.stage.script.seed, self.login, of.attempt.into(), 1]);
                let goes_after = Duration::from_millis(random.below(GOES_AFTER) as u64);
                // What it was answered, if it was, it has not seen.
                let _gone = timeout(goes_after, self.browser.ask(callback)).await;
                self.get(callback).await
            }
            (Return::Reloaded, [callback]) => {
                let shown = self.get(callback).await?;
                let reloaded = self.get(callback).await?;
                if std::mem::discriminant(&shown.next()?) != std::mem::discriminant(&reloaded.next()?) {
                    return Err("a reloaded callback is answered in another way".into());
                }
                Ok(reloaded)
            }
            (_, [callback]) => self.get(callback).await,
            (_, callbacks) => Err(format!("{way:?}: {} callbacks", callbacks.len()).into()),
        }
    }

    /// Somebody else signs in with a browser of their own, and gives this one the callback.
    async fn follow_a_link(&mut self, of: Attempt) -> Outcome<Answer> {
        let mut attacker = Browser::new(&self.stage.site, self.stage.deadline);
        let left = attacker.get(&path(self.app, "login")).await?;
        let Next::WeChat(url) = left.next()? else { return Err("the attacker is not sent to WeChat".into()) };
        let other = (self.person + 1) % PEOPLE;
        let paths = self.answer_at_wechat(of, other, &url, "allow", None).await?;
        self.home = "/".to_owned();
        self.get(paths.first().ok_or("the attacker has no callback")?).await
    }

    /// The paths of the callbacks that the browser is sent to.
    async fn answer_at_wechat(
        &self,
        of: Attempt,
        person: usize,
        url: &str,
        answer: &str,
        misbehaviour: Option<Misbehaviour>,
    ) -> Outcome<Vec<String>> {
        let answers = PersonAnswers {
            login: of.login,
            attempt: of.attempt,
            stolen: person != self.person,
            authorize_url: url.to_owned(),
            person,
            answer: answer.to_owned(),
            misbehaviour,
        };
        let callbacks = self.stage.phone.answer(&answers).await?;
        let here = |url: &String| {
            url.strip_prefix(ORIGIN).map(str::to_owned).ok_or("a callback leads to another site")
        };
        Ok(callbacks.iter().map(here).collect::<Result<_, _>>()?)
    }

    /// What an answer asks for in the end, once the page that it may lead to is shown.
    async fn followed(&mut self, answer: &mut Answer) -> Outcome<Next> {
        let next = answer.next()?;
        match &next {
            Next::Here(there) if there.starts_with(&format!("{}?declined=", path(self.app, "login"))) => {
                *answer = self.get(there).await?;
                answer.next()
            }
            _ => Ok(next),
        }
    }

    /// Whether the session that the browser was sent home with has the person's name. It has to be the person's.
    async fn is_signed_in(&mut self, home: &str) -> Outcome<bool> {
        if home != self.home {
            return Err(format!("sent to {home}, and not to {}", self.home).into());
        }
        let me = self.get(&path(self.app, "me")).await?.body;
        let (openid, nickname) = me.split_once('\n').unwrap_or((&me, ""));
        if openid == NOBODY {
            return Err("sent home as if signed in, and nobody is".into());
        }
        if openid != self.stage.truth.openid(self.app, self.person) {
            return Err("the session is somebody else's".into());
        }
        match nickname {
            "" => Ok(false),
            nickname if nickname == nickname_of(self.person) => Ok(true),
            _ => Err("the session has somebody else's name".into()),
        }
    }

    async fn get(&mut self, path: &str) -> Outcome<Answer> {
        let answer = self.browser.ask(path).await?;
        self.note(&answer)?;
        Ok(answer)
    }

    /// Whoever an answer signs in has to be this person. Its cookies are kept.
    fn note(&mut self, answer: &Answer) -> Outcome {
        self.browser.keep(answer);
        self.slowest = self.slowest.max(answer.took);
        match answer.signed_in() {
            Some(openid) if openid != self.stage.truth.openid(self.app, self.person) => {
                Err("an answer signs in somebody else".into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether this way back brings the code to where it belongs.
const fn sends_its_code(way: Return) -> bool {
    matches!(
        way,
        Return::Once
            | Return::TwiceOneCode
            | Return::TwiceTwoCodes
            | Return::GoneAndBack
            | Return::Reloaded
            | Return::SnapshotVisitor
    )
}
