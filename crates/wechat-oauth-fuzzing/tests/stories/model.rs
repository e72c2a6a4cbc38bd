//! What should come of everything, in plain rules: no URL, no JSON, no state machine, and no code of the core.

use wechat_oauth_emulator::Misbehaviour::{self, *};

use crate::story::{Answer, App, Call, Change, Delivery, Event, PEOPLE, Scope};

/// How long a code lives, in seconds: an official account's, a website's.
const CODE: u64 = 300;
const WEBSITE_CODE: u64 = 600;
const ACCESS_TOKEN: u64 = 7200;
const REFRESH_TOKEN: u64 = 30 * 24 * 3600;
/// How often a busy or lost answer is asked for again.
const REPEATS: u32 = 2;

/// What something came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// The callback is of no login of this browser: nothing was sent, and every login still waits.
    NotOurs,
    /// The person refused.
    Denied,
    /// It was this login's, and brought no code that could be sent.
    BadCallback,
    SignedIn {
        who: usize,
        unionid: Unionid,
        profile: bool,
        asked: Vec<Call>,
    },
    Visitor {
        asked: Vec<Call>,
    },
    Renewed {
        who: usize,
        reads_profile: bool,
        asked: Vec<Call>,
    },
    Failed {
        why: Why,
        keeps_grant: bool,
        asked: Vec<Call>,
    },
    /// A grant that is over is not asked about.
    Over,
}

/// Whose unionid is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unionid {
    None,
    Own,
    Anothers,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    Refused(i64),
    Lost,
    Unreadable,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub browser: usize,
    pub app: App,
    pub scope: Scope,
    waits: bool,
}

#[derive(Clone, Debug)]
pub struct Callback {
    login: usize,
    /// None: the person refused.
    codes: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Code {
    app: App,
    person: usize,
    scope: Scope,
    snapshot: bool,
    dies: u64,
    used: bool,
}

/// What WeChat knows of a grant. Tokens are numbers.
#[derive(Clone, Debug)]
struct Granted {
    app: App,
    person: usize,
    scope: Scope,
    snapshot: bool,
    access_token: u32,
    access_dies: u64,
    refresh_token: u32,
    refresh_dies: u64,
    profile_asked: bool,
}

/// What the site has of it.
#[derive(Clone, Debug)]
struct Kept {
    granted: usize,
    access_token: u32,
    refresh_token: u32,
    unionid: bool,
    /// What its login asked for, which counts where an answer leaves the scope out.
    asked: Scope,
    reads_profile: bool,
    issued_at: u64,
    refresh_issued_at: u64,
}

/// What comes back from WeChat.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Yes,
    Refused(i64),
    Lost,
    Unreadable,
}

/// A misbehaviour that waits for a call.
type Waiting = (Misbehaviour, Call, bool, u32);

pub struct Model {
    pub now: u64,
    pub logins: Vec<Login>,
    pub callbacks: Vec<Callback>,
    codes: Vec<Code>,
    granted: Vec<Granted>,
    kept: Vec<Kept>,
    waiting: Vec<Waiting>,
    /// The widest scope that a person ever allowed an application.
    consents: Vec<(App, usize, Scope)>,
    tokens: u32,
}

impl Model {
    pub const fn new() -> Self {
        Self {
            now: 1_790_000_000,
            logins: Vec::new(),
            callbacks: Vec::new(),
            codes: Vec::new(),
            granted: Vec::new(),
            kept: Vec::new(),
            waiting: Vec::new(),
            consents: Vec::new(),
            tokens: 0,
        }
    }

    /// The event in words; none when it is about something that is not there.
    pub fn told(&self, event: Event) -> Option<String> {
        Some(match event {
            Event::Begins { browser, app, profile } => {
                let scope = scope(app, profile);
                format!("{} begins login {} ({app:?}, {scope:?})", PEOPLE[browser], self.logins.len() + 1)
            }
            Event::Answers { login, person, answer, delivery } => {
                let login = self.login(login)?;
                let answer = answered(answer, self.logins[login].scope);
                let mut told = format!("{} {answer:?} login {}", PEOPLE[person], login + 1);
                if delivery != Delivery::Once && answer != Answer::Denies {
                    told += &format!(", delivered {delivery:?}");
                }
                told
            }
            Event::Arrives { callback, browser, change } => {
                let callback = self.callback(callback)?;
                let change = match change {
                    Change::None => String::new(),
                    Change::StateOf { login } => {
                        format!(" with the state of login {}", self.login(login)? + 1)
                    }
                    Change::CodeOf { callback } => {
                        format!(" with the code of callback {}", self.callback(callback)? + 1)
                    }
                    other => format!(" ({other:?})"),
                };
                let login = self.callbacks[callback].login + 1;
                let browser = PEOPLE[browser];
                format!("callback {}, of login {login},{change} arrives in {browser}'s browser", callback + 1)
            }
            Event::Renews { grant } => format!("the site renews grant {}", self.grant(grant)? + 1),
            Event::Passes { seconds } => format!("{seconds} seconds pass"),
            Event::Waits { misbehaviour, call, component, times } => {
                let whose = if component { "component's " } else { "" };
                format!("{misbehaviour} waits for the next {times} of a {whose}{call:?}")
            }
            Event::Restarts => "the site restarts, and reads everything back".to_owned(),
        })
    }

    /// Lets it happen, and says what it should come to.
    pub fn happens(&mut self, event: Event) -> Option<Came> {
        match event {
            Event::Begins { browser, app, profile } => {
                self.logins.push(Login { browser, app, scope: scope(app, profile), waits: true });
                None
            }
            Event::Answers { login, person, answer, delivery } => {
                let login = self.login(login)?;
                self.answers(login, person, answer, delivery);
                None
            }
            Event::Arrives { callback, browser, change } => {
                let callback = self.callback(callback)?;
                self.arrives(callback, browser, change)
            }
            Event::Renews { grant } => {
                let grant = self.grant(grant)?;
                Some(self.renews(grant))
            }
            Event::Passes { seconds } => {
                self.now += seconds;
                None
            }
            Event::Waits { misbehaviour, call, component, times } => {
                let component = component && call != Call::Profile;
                self.waiting.push((misbehaviour, call, component, times));
                None
            }
            Event::Restarts => None,
        }
    }

    /// The place of what is counted back from the latest.
    pub fn login(&self, back: u8) -> Option<usize> {
        place(self.logins.len(), back)
    }

    pub fn callback(&self, back: u8) -> Option<usize> {
        place(self.callbacks.len(), back)
    }

    pub fn grant(&self, back: u8) -> Option<usize> {
        place(self.kept.len(), back)
    }

    fn answers(&mut self, login: usize, person: usize, answer: Answer, delivery: Delivery) {
        let Login { app, scope, .. } = self.logins[login];
        let answer = answered(answer, scope);
        if answer == Answer::Denies {
            self.callbacks.push(Callback { login, codes: Vec::new() });
            return;
        }
        let snapshot = answer == Answer::LooksAtTheSnapshot;
        let mut codes = vec![self.code(app, person, scope, snapshot)];
        if matches!(delivery, Delivery::TwiceWithTwoCodes | Delivery::OnceWithBothCodes) {
            codes.push(self.code(app, person, scope, snapshot));
        }
        match delivery {
            Delivery::Once | Delivery::OnceWithBothCodes => self.callbacks.push(Callback { login, codes }),
            Delivery::TwiceWithOneCode => {
                let callback = Callback { login, codes };
                self.callbacks.extend([callback.clone(), callback]);
            }
            Delivery::TwiceWithTwoCodes => {
                let each = codes.into_iter().map(|code| Callback { login, codes: vec![code] });
                self.callbacks.extend(each);
            }
        }
    }

    fn code(&mut self, app: App, person: usize, scope: Scope, snapshot: bool) -> usize {
        if !snapshot {
            self.consents.push((app, person, scope));
        }
        let dies = self.now + if app == App::Website { WEBSITE_CODE } else { CODE };
        self.codes.push(Code { app, person, scope, snapshot, dies, used: false });
        self.codes.len() - 1
    }

    fn arrives(&mut self, callback: usize, browser: usize, change: Change) -> Option<Came> {
        let Callback { login, mut codes } = self.callbacks[callback].clone();
        let of_component = self.logins[login].app == App::Component && !codes.is_empty();
        let mut state = Some(login);
        match change {
            Change::None => {}
            Change::StateOf { login } => state = Some(self.login(login)?),
            Change::CodeOf { callback } => codes = self.callbacks[self.callback(callback)?].codes.clone(),
            Change::NoState | Change::StateCut | Change::StateTwice => state = None,
        }
        let ours = state.filter(|login| self.logins[*login].browser == browser && self.logins[*login].waits);
        let Some(login) = ours else { return Some(Came::NotOurs) };
        self.logins[login].waits = false;
        Some(match *codes {
            [] => Came::Denied,
            [_] if self.logins[login].app == App::Component && !of_component => Came::BadCallback,
            [code] => self.signs_in(login, code),
            _ => Came::BadCallback,
        })
    }

    /// The exchange, and then the profile when it was granted: busy and lost answers are asked for again, a lost exchange
    /// is not, and a stale token is renewed once.
    fn signs_in(&mut self, login: usize, code: usize) -> Came {
        let Login { app, scope: wanted, .. } = self.logins[login];
        let mut asked = Vec::new();
        let mut repeats = 0;
        let (granted, fault) = loop {
            asked.push(Call::Exchange);
            let fault = self.fault(Call::Exchange, app);
            let (told, granted) = self.exchange(app, code, fault);
            match told {
                Told::Yes => break (granted, fault),
                Told::Refused(-1) if repeats < REPEATS => repeats += 1,
                other => return failed(other, false, asked),
            }
        };
        let Granted { person, scope, snapshot, access_token, refresh_token, .. } = self.granted[granted];
        if snapshot {
            return Came::Visitor { asked };
        }
        let mut kept = Kept {
            granted,
            access_token,
            refresh_token,
            unionid: scope > Scope::Base && !matches!(fault, Some(NoUnionid | UnionidNull)),
            asked: wanted,
            reads_profile: if fault == Some(NoScope) { wanted } else { scope } > Scope::Base,
            issued_at: self.now,
            refresh_issued_at: self.now,
        };
        let mut unionid = if kept.unionid { Unionid::Own } else { Unionid::None };
        let mut profile = false;
        let mut refreshed = false;
        while kept.reads_profile {
            asked.push(Call::Profile);
            let fault = self.fault(Call::Profile, app);
            let told = self.profile(&kept, fault);
            match told {
                Told::Yes => {
                    if unionid == Unionid::None {
                        unionid = match fault {
                            Some(NoUnionid | UnionidNull) => Unionid::None,
                            Some(UnionidSwapped) => Unionid::Anothers,
                            _ => Unionid::Own,
                        };
                    }
                    profile = true;
                    break;
                }
                Told::Refused(-1) | Told::Lost if repeats < REPEATS => repeats += 1,
                Told::Refused(40001 | 42001) if !refreshed => {
                    refreshed = true;
                    match self.refreshes(app, &mut kept, &mut repeats, &mut asked) {
                        (Told::Yes, _) => {}
                        (told, fault) => {
                            let over = told == Told::Refused(40030) || is_anothers(told, fault);
                            return self.gives_up(told, !over, kept, asked);
                        }
                    }
                }
                told => {
                    let over = told == Told::Refused(48001) || is_anothers(told, fault);
                    return self.gives_up(told, !over, kept, asked);
                }
            }
        }
        self.kept.push(kept);
        Came::SignedIn { who: person, unionid, profile, asked }
    }

    fn gives_up(&mut self, told: Told, keeps_grant: bool, kept: Kept, asked: Vec<Call>) -> Came {
        if keeps_grant {
            self.kept.push(kept);
        }
        failed(told, keeps_grant, asked)
    }

    fn renews(&mut self, grant: usize) -> Came {
        let mut kept = self.kept[grant].clone();
        if self.now >= kept.issued_at + ACCESS_TOKEN && self.now >= kept.refresh_issued_at + REFRESH_TOKEN {
            return Came::Over;
        }
        let Granted { app, person, .. } = self.granted[kept.granted];
        let mut asked = Vec::new();
        match self.refreshes(app, &mut kept, &mut 0, &mut asked) {
            (Told::Yes, _) => {
                let reads_profile = kept.reads_profile;
                self.kept[grant] = kept;
                Came::Renewed { who: person, reads_profile, asked }
            }
            (told, _) => failed(told, false, asked),
        }
    }

    /// The refresh, asked for again when it is busy or lost; the misbehaviour that the last one met.
    fn refreshes(
        &mut self,
        app: App,
        kept: &mut Kept,
        repeats: &mut u32,
        asked: &mut Vec<Call>,
    ) -> (Told, Option<Misbehaviour>) {
        loop {
            asked.push(Call::Refresh);
            let fault = self.fault(Call::Refresh, app);
            let told = self.refresh(kept, fault);
            match told {
                Told::Refused(-1) | Told::Lost if *repeats < REPEATS => *repeats += 1,
                told => return (told, fault),
            }
        }
    }

    /// The oldest misbehaviour that waits for this call.
    fn fault(&mut self, call: Call, app: App) -> Option<Misbehaviour> {
        let component = app == App::Component && call != Call::Profile;
        let at = self
            .waiting
            .iter()
            .position(|(_, of, component_s, _)| *of == call && *component_s == component)?;
        let (misbehaviour, .., times) = &mut self.waiting[at];
        let misbehaviour = *misbehaviour;
        *times -= 1;
        if *times == 0 {
            self.waiting.remove(at);
        }
        Some(misbehaviour)
    }

    // WeChat.

    fn exchange(&mut self, app: App, code: usize, fault: Option<Misbehaviour>) -> (Told, usize) {
        if let Some(told) = instead(fault) {
            return (told, 0);
        }
        let now = self.now;
        let code = &mut self.codes[code];
        let said = if code.app != app || now >= code.dies {
            Err(40029)
        } else if code.used {
            Err(40163)
        } else {
            code.used = true;
            Ok((code.person, code.scope, code.snapshot || fault == Some(Snapshot)))
        };
        let said = said.map(|(person, scope, snapshot)| {
            self.tokens += 2;
            self.granted.push(Granted {
                app,
                person,
                scope,
                snapshot,
                access_token: self.tokens - 1,
                access_dies: now + ACCESS_TOKEN,
                refresh_token: self.tokens,
                refresh_dies: now + REFRESH_TOKEN,
                profile_asked: false,
            });
            snapshot
        });
        let granted = self.granted.len().saturating_sub(1);
        let told = match (said, fault) {
            (_, Some(BusySpent)) => Told::Refused(-1),
            // A visitor needs nothing but an openid.
            (Ok(true), Some(NoRefreshToken | ExpiryNegative | ExpiryZero | ExpiryHuge | ExpiryMissing)) => {
                Told::Yes
            }
            (said, fault) => told(said.map(|_| ()), fault),
        };
        (told, granted)
    }

    fn profile(&mut self, kept: &Kept, fault: Option<Misbehaviour>) -> Told {
        if let Some(told) = instead(fault) {
            return told;
        }
        let now = self.now;
        let granted = &mut self.granted[kept.granted];
        let said = if granted.access_token != kept.access_token || now >= granted.access_dies {
            Err(42001)
        } else {
            let asked_before = std::mem::replace(&mut granted.profile_asked, true);
            if fault == Some(TokenStaleOnce) && !asked_before {
                Err(40001)
            } else if granted.scope == Scope::Base {
                Err(48001)
            } else {
                Ok(())
            }
        };
        match (said, fault) {
            (Ok(()), Some(OpenidSwapped | ProfileEmpty)) => Told::Unreadable,
            (Ok(()), Some(UnionidSwapped)) if kept.unionid => Told::Unreadable,
            (said, fault) => told(said, fault),
        }
    }

    fn refresh(&mut self, kept: &mut Kept, fault: Option<Misbehaviour>) -> Told {
        if let Some(told) = instead(fault) {
            return told;
        }
        let now = self.now;
        let granted = &mut self.granted[kept.granted];
        if granted.refresh_token != kept.refresh_token || now >= granted.refresh_dies {
            return told(Err(40030), fault);
        }
        if now >= granted.access_dies {
            self.tokens += 1;
            granted.access_token = self.tokens;
        }
        granted.access_dies = now + ACCESS_TOKEN;
        if fault == Some(RefreshRotates) {
            self.tokens += 1;
            granted.refresh_token = self.tokens;
            granted.refresh_dies = now + REFRESH_TOKEN;
        }
        let own =
            self.consents.iter().filter(|(app, person, _)| (*app, *person) == (granted.app, granted.person));
        granted.scope = own.map(|(.., scope)| *scope).max().unwrap_or(granted.scope).max(granted.scope);
        let told = if fault == Some(OpenidSwapped) { Told::Unreadable } else { told(Ok(()), fault) };
        if told == Told::Yes {
            kept.access_token = granted.access_token;
            kept.issued_at = now;
            if kept.refresh_token != granted.refresh_token {
                kept.refresh_token = granted.refresh_token;
                kept.refresh_issued_at = now;
            }
            let told = if fault == Some(NoScope) { kept.asked } else { granted.scope };
            kept.reads_profile = told > Scope::Base;
        }
        told
    }
}

/// What is answered in place of anything, so that nothing is spent.
fn instead(fault: Option<Misbehaviour>) -> Option<Told> {
    Some(match fault? {
        Busy | ErrcodeText => Told::Refused(-1),
        MinuteQuota => Told::Refused(45011),
        CodeInvalid => Told::Refused(40029),
        RefreshInvalid => Told::Refused(40030),
        ProfileError => Told::Refused(40001),
        Status500 | Empty | Html | RedirectEmpty | RedirectAway => Told::Unreadable,
        Hang | Reset => Told::Lost,
        _ => return None,
    })
}

/// What arrives of what WeChat said.
fn told(said: Result<(), i64>, fault: Option<Misbehaviour>) -> Told {
    match (said, fault) {
        (_, Some(LostAnswer | Truncated)) => Told::Lost,
        (_, Some(JsonTrailingComma)) => Told::Unreadable,
        (Err(errcode), _) => Told::Refused(errcode),
        (
            Ok(()),
            Some(
                Status500Success | DuplicateKey | NoOpenid | OpenidDirty | NoRefreshToken | ExpiryNegative
                | ExpiryZero | ExpiryHuge | ExpiryMissing,
            ),
        ) => Told::Unreadable,
        (Ok(()), _) => Told::Yes,
    }
}

/// Whether what cannot be read speaks of somebody else, so that nobody is known any more.
fn is_anothers(told: Told, fault: Option<Misbehaviour>) -> bool {
    told == Told::Unreadable && matches!(fault, Some(OpenidSwapped | UnionidSwapped))
}

fn failed(told: Told, keeps_grant: bool, asked: Vec<Call>) -> Came {
    let why = match told {
        Told::Refused(errcode) => Why::Refused(errcode),
        Told::Lost => Why::Lost,
        Told::Unreadable | Told::Yes => Why::Unreadable,
    };
    Came::Failed { why, keeps_grant, asked }
}

/// What a login of this application asks for, with the profile or without.
pub const fn scope(app: App, profile: bool) -> Scope {
    match (app, profile) {
        (App::Website, _) => Scope::Login,
        (_, true) => Scope::UserInfo,
        (_, false) => Scope::Base,
    }
}

/// What a person can answer: a silent login asks nobody, and a QR code has no snapshot page.
pub fn answered(answer: Answer, scope: Scope) -> Answer {
    match (answer, scope) {
        (Answer::Denies, Scope::Base) | (Answer::LooksAtTheSnapshot, Scope::Login) => Answer::Allows,
        (answer, _) => answer,
    }
}

fn place(count: usize, back: u8) -> Option<usize> {
    (count > 0).then(|| count - 1 - usize::from(back) % count)
}
