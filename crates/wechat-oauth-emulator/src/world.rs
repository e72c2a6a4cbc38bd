//! The world: everything WeChat knows, and what it answers.

use std::fmt;

use serde::Serialize;
use thiserror::Error;
use wechat_oauth_core::{AppId, ComponentAccessToken, Scope, UnixTime};

use crate::account::{Account, AccountKind, Credentials};
use crate::code::{Code, Codes, Visitor};
use crate::consent::Consents;
use crate::endpoint::Endpoint;
use crate::log::Log;
use crate::login::Logins;
use crate::message::{Reply, Request};
use crate::mint::Mint;
use crate::misbehaviour::{Fault, Faults, Misbehaviour};
use crate::token::Grants;
use crate::user::User;
use crate::world_file::{AccountFile, WorldError, WorldFile};
use crate::{browser, control, sns, world_file, wx_login};

/// How the emulator behaves beyond what an account says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether every question is answered with yes, without a page.
    pub auto_consent: bool,
    /// Who holds the phone when no cookie says so: a user's id, or one of that user's openids. The first user when
    /// nobody is named.
    pub holder: Option<String>,
    /// Whether WeChat's page wants a browser that calls itself `MicroMessenger`.
    pub wechat_only: bool,
    /// Whether the authorize pages take their parameters in any order.
    pub any_order: bool,
    /// Whether every request and its reply are kept, secrets and all, for [`World::seen`].
    pub keep: bool,
}

/// A request that came, and the reply to it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What was asked.
    pub request: Request,
    /// What was answered, whole, however it was delivered.
    pub reply: Reply,
}

/// Everything WeChat knows, and what it answers: pure, so that the same requests at the same times get the same
/// answers, to the byte.
///
/// It has no clock, does no I/O and draws no randomness. Its ids and tokens come out of a seed and are no secrets.
#[derive(Clone)]
pub struct World {
    seed: [u8; 32],
    pub(crate) base_url: String,
    pub(crate) options: Options,
    accounts: Vec<Account>,
    users: Vec<User>,
    pub(crate) mint: Mint,
    /// Seconds that the world is ahead of the time it is told.
    pub(crate) ahead: u64,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) consents: Consents,
    pub(crate) logins: Logins,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    /// What [`Options::keep`] keeps, oldest first.
    seen: Vec<Seen>,
    /// What a reset goes back to.
    beginning: WorldFile,
}

impl World {
    /// The base URL of a world that was not told one.
    pub const DEFAULT_BASE_URL: &'static str = "http://127.0.0.1:8787";
    /// How far the clock can be ahead, in seconds: a hundred years. At the end of time no token would live any more.
    pub const MAX_AHEAD: u64 = 100 * 365 * 24 * 3600;

    /// A world that begins like this; the seed decides every id, secret, code and token that the file leaves out.
    ///
    /// # Errors
    /// [`WorldError`] says what in the file cannot be.
    pub fn new(file: WorldFile, seed: [u8; 32]) -> Result<Self, WorldError> {
        let mint = Mint::new(seed);
        let beginning = file.clone();
        let (accounts, users) = file.build(&mint)?;
        Ok(Self {
            seed,
            base_url: Self::DEFAULT_BASE_URL.to_owned(),
            options: Options::default(),
            accounts,
            users,
            mint,
            ahead: 0,
            codes: Codes::new(),
            grants: Grants::new(),
            consents: Consents::default(),
            logins: Logins::new(),
            faults: Faults::default(),
            log: Log::default(),
            seen: Vec::new(),
            beginning,
        })
    }

    /// Tells the world where it is reached, for the addresses in its answers. Without a slash at the end.
    pub fn set_base_url(&mut self, base_url: impl Into<String>) {
        self.base_url = base_url.into();
    }

    /// Changes how the emulator behaves.
    ///
    /// # Errors
    /// [`NoSuchUser`] when the holder of the phone is nobody of this world.
    pub fn set_options(&mut self, options: Options) -> Result<(), NoSuchUser> {
        if let Some(holder) = &options.holder {
            self.find_user(holder).ok_or(NoSuchUser)?;
        }
        self.options = options;
        Ok(())
    }

    /// How many requests are kept, with [`Options::keep`]; those after them are not. A test has far fewer.
    pub const MAX_SEEN: usize = 1000;

    /// Answers a request. `now` is the time outside; the world may be ahead of it.
    pub fn handle(&mut self, request: &Request, now: UnixTime) -> Reply {
        let reply = self.reply(request, now);
        if self.options.keep && self.seen.len() < Self::MAX_SEEN {
            self.seen.push(Seen { request: request.clone(), reply: reply.clone() });
        }
        reply
    }

    /// The requests that came and their replies, oldest first, where [`Options::keep`] says so: what a client really
    /// sent, which the log hides. Until the next [`World::reset`].
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    fn reply(&mut self, request: &Request, wall: UnixTime) -> Reply {
        let now = self.time(wall);
        if request.path.len() + request.query.len() > Request::MAX_TARGET {
            let reply = Reply::new(414, "text/plain; charset=utf-8", "the address is too long\n");
            self.log.add(request, reply.status, None, None, now);
            return reply;
        }
        match Endpoint::at(&request.path) {
            Some(endpoint) if endpoint.is_page() => {
                let (reply, code, misbehaviour) = browser::authorize(self, endpoint, request, now);
                self.log.add(request, reply.status, code, misbehaviour, now);
                reply
            }
            Some(endpoint) => {
                let account = sns::account_of(self, endpoint, &request.params());
                let misbehaviour = endpoint
                    .accepts(request.method)
                    .then(|| self.take_misbehaviour(endpoint, account.as_ref()))
                    .flatten();
                let (reply, errcode) = sns::answer(self, endpoint, request, misbehaviour, now);
                self.log.add(request, reply.status, errcode, misbehaviour, now);
                reply
            }
            None if request.path == "/_emulator" || request.path.starts_with("/_emulator/") => {
                control::answer(self, request, wall)
            }
            None if request.path == wx_login::PATH => {
                let reply = wx_login::script(request);
                self.log.add(request, reply.status, None, None, now);
                reply
            }
            None if request.path == "/" && request.method.reads() => browser::home(self, request, now),
            None => {
                let reply = Reply::new(404, "text/plain; charset=utf-8", "WeChat has nothing at this path\n");
                self.log.add(request, reply.status, None, None, now);
                reply
            }
        }
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The first account of a kind.
    #[must_use]
    pub fn account_of_kind(&self, kind: AccountKind) -> Option<&Account> {
        self.accounts.iter().find(|account| account.kind == kind)
    }

    /// The account of an appid.
    #[must_use]
    pub fn account(&self, appid: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.appid.as_str() == appid)
    }

    /// The people.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The person of an id.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Who a person is to an account.
    #[must_use]
    pub fn openid(&self, user: &str, appid: &str) -> Option<String> {
        Some(self.user(user)?.openid(self.account(appid)?, &self.mint))
    }

    /// Who a person is across the accounts that share an open-platform account with this one; none when it has none.
    #[must_use]
    pub fn unionid(&self, user: &str, appid: &str) -> Option<String> {
        self.user(user)?.unionid(self.account(appid)?, &self.mint)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`WorldError`] says what about the person cannot be: an id that is taken, or not of `A-Za-z0-9_-`; somebody else's
    /// openid; one person more than the thousand a world can have.
    pub fn add_user(&mut self, user: User) -> Result<(), WorldError> {
        world_file::check_user(&user, &self.accounts, &self.users)?;
        self.users.push(user);
        Ok(())
    }

    /// A code as the person's consent would give it, without any page.
    ///
    /// # Errors
    /// [`CodeError`] when there is no such account or person, or the account cannot ask for the scope.
    pub fn issue_code(
        &mut self,
        appid: &str,
        user: &str,
        scope: Scope,
        now: UnixTime,
    ) -> Result<String, CodeError> {
        let now = self.time(now);
        let account = self.account(appid).ok_or(CodeError::NoSuchAccount)?;
        if !account.kind.scopes().contains(&scope) {
            return Err(CodeError::WrongScope);
        }
        let appid = account.appid.clone();
        let user = self.find_user(user).ok_or(CodeError::NoSuchUser)?;
        let snapshot = user.snapshot && scope != Scope::Login;
        let visitor = Visitor { user: user.id.clone(), snapshot };
        Ok(self.consented(&appid, visitor, scope, now))
    }

    /// Moves the world's clock forward, until it is [`World::MAX_AHEAD`] ahead.
    pub fn advance(&mut self, seconds: u64) {
        self.ahead = self.ahead.saturating_add(seconds).min(Self::MAX_AHEAD);
    }

    /// The world's own time, when it is `now` outside.
    #[must_use]
    pub fn time(&self, now: UnixTime) -> UnixTime {
        now.plus_secs(self.ahead)
    }

    /// The next `times` requests to `endpoint` meet this misbehaviour; with `None`, those to wherever it can happen.
    ///
    /// # Errors
    /// [`FaultError`] when it cannot happen at this endpoint, or too many wait already.
    pub fn misbehave_next(
        &mut self,
        misbehaviour: Misbehaviour,
        endpoint: impl Into<Option<Endpoint>>,
        times: u32,
    ) -> Result<(), FaultError> {
        let endpoint = endpoint.into();
        if let Some(endpoint) = endpoint.filter(|endpoint| !misbehaviour.applies_to(*endpoint)) {
            return Err(FaultError::NotThere { misbehaviour, endpoint });
        }
        let added = self.faults.add(Fault { name: misbehaviour, endpoint, remaining: times });
        if added { Ok(()) } else { Err(FaultError::TooMany) }
    }

    /// How many requests still have a misbehaviour waiting for them; `u32::MAX` for more than that.
    #[must_use]
    pub fn misbehaviours_waiting(&self) -> u32 {
        self.faults.waiting().iter().fold(0, |sum, fault| fault.remaining.saturating_add(sum))
    }

    /// Every request of an account meets these misbehaviours, until they are changed again. Of several that can
    /// happen at one endpoint, the first does. `false` when there is no such account.
    pub fn set_misbehaviours(&mut self, appid: &str, misbehaviours: &[Misbehaviour]) -> bool {
        self.account_mut(appid).map(|account| account.misbehaviours = misbehaviours.to_vec()).is_some()
    }

    /// No request meets a misbehaviour any more.
    pub fn behave(&mut self) {
        self.faults = Faults::default();
        for account in &mut self.accounts {
            account.misbehaviours.clear();
        }
    }

    /// Back to the beginning: clock, people, consents, codes, tokens, misbehaviours and log. Options stay.
    pub fn reset(&mut self) {
        // The same file and seed made a world before.
        if let Ok(mut fresh) = Self::new(self.beginning.clone(), self.seed) {
            fresh.base_url.clone_from(&self.base_url);
            fresh.options.clone_from(&self.options);
            // So that a code from before the reset is never minted again.
            fresh.mint = self.mint.clone();
            *self = fresh;
        }
    }

    /// The world as it is, for a world file: every appid, secret and person written out.
    #[must_use]
    pub fn to_file(&self) -> WorldFile {
        WorldFile {
            accounts: self.accounts.iter().map(AccountFile::from).collect(),
            users: self.users.clone(),
        }
    }

    /// What a program needs to use this emulator. It holds the secrets of the emulated accounts.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        Announcement {
            base_url: self.base_url.clone(),
            accounts: self.accounts.iter().map(AnnouncedAccount::from).collect(),
        }
    }

    /// The person of an id, or of one of a person's openids.
    pub(crate) fn find_user(&self, id_or_openid: &str) -> Option<&User> {
        self.user(id_or_openid).or_else(|| {
            self.users.iter().find(|user| {
                self.accounts.iter().any(|account| user.openid(account, &self.mint) == id_or_openid)
            })
        })
    }

    /// A person's openid and unionid to an account that exists.
    pub(crate) fn ids(&self, user: &str, appid: &AppId) -> (String, Option<String>) {
        let openid = self.openid(user, appid.as_str()).unwrap_or_default();
        (openid, self.unionid(user, appid.as_str()))
    }

    /// Somebody else's openid, of the account that this openid belongs to.
    pub(crate) fn other_openid(&self, openid: &str) -> Option<String> {
        let account = self
            .accounts
            .iter()
            .find(|account| self.users.iter().any(|user| user.openid(account, &self.mint) == openid))?;
        self.users.iter().map(|user| user.openid(account, &self.mint)).find(|other| other != openid)
    }

    /// Somebody else's unionid, of the open-platform account that this unionid belongs to.
    pub(crate) fn other_unionid(&self, unionid: &str) -> Option<String> {
        let of = |account, user: &User| user.unionid(account, &self.mint);
        let account = self
            .accounts
            .iter()
            .find(|account| self.users.iter().any(|user| of(account, user).as_deref() == Some(unionid)))?;
        self.users.iter().filter_map(|user| of(account, user)).find(|other| other != unionid)
    }

    /// A new code for a login that the person agreed to; the consent is remembered.
    pub(crate) fn consented(
        &mut self,
        appid: &AppId,
        visitor: Visitor,
        scope: Scope,
        now: UnixTime,
    ) -> String {
        if !visitor.snapshot {
            self.consents.remember(appid, &visitor.user, scope);
        }
        let lifetime = self.account(appid.as_str()).map_or(0, |account| account.kind.code_lifetime());
        let text = self.mint.code(now);
        let dies = now.plus_secs(lifetime);
        self.codes.insert(text.clone(), Code { appid: appid.clone(), visitor, scope, dies, used: false });
        text
    }

    /// The one misbehaviour that a request meets: one that waits for it before the account's own.
    pub(crate) fn take_misbehaviour(
        &mut self,
        endpoint: Endpoint,
        appid: Option<&AppId>,
    ) -> Option<Misbehaviour> {
        self.faults.take(endpoint).or_else(|| {
            let account = self.account(appid?.as_str())?;
            account.misbehaviours.iter().copied().find(|one| one.applies_to(endpoint))
        })
    }

    /// A new token for the platform of an account, and so for all accounts it acts for; the one before is dead.
    pub(crate) fn renew_component_token(&mut self, appid: &str, now: UnixTime) -> Option<String> {
        let renewed_of = self.account(appid)?.platform_credentials()?.component_appid.clone();
        let token = self.mint.token("component token", now);
        let renewed = ComponentAccessToken::new(token.clone()).ok()?;
        for account in &mut self.accounts {
            if let Credentials::Platform(platform) = &mut account.credentials
                && platform.component_appid == renewed_of
            {
                let old = std::mem::replace(&mut platform.component_access_token, renewed.clone());
                platform.superseded = Some(old);
            }
        }
        Some(token)
    }

    pub(crate) fn account_mut(&mut self, appid: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.appid.as_str() == appid)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("base_url", &self.base_url)
            .field("accounts", &self.accounts.len())
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

/// What a program needs to use an emulator: the first line that `wechat-oauth emulator` prints.
///
/// It is made to be printed, so it holds the secrets of the emulated accounts in the open; it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Announcement {
    /// Where pages and API are.
    pub base_url: String,
    /// The accounts, in the order of the world file.
    pub accounts: Vec<AnnouncedAccount>,
}

/// An account of an [`Announcement`].
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AnnouncedAccount {
    /// What kind of application it is.
    pub kind: AccountKind,
    /// The appid.
    pub appid: String,
    /// The secret, unless it is a component's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The third-party platform, of a component's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_appid: Option<String>,
    /// The platform's token, of a component's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_access_token: Option<String>,
}

impl From<&Account> for AnnouncedAccount {
    fn from(account: &Account) -> Self {
        let platform = account.platform_credentials();
        Self {
            kind: account.kind,
            appid: account.appid.to_string(),
            secret: account.secret().map(|secret| secret.expose().to_owned()),
            component_appid: platform.map(|platform| platform.component_appid.to_string()),
            component_access_token: platform
                .map(|platform| platform.component_access_token.expose().to_owned()),
        }
    }
}

/// Nobody of this world has this id or openid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no such user: GET /_emulator/users lists the ids and openids there are")]
pub struct NoSuchUser;

/// Why no code was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeError {
    /// No account has this appid.
    #[error("no such account: GET /_emulator/accounts lists them")]
    NoSuchAccount,
    /// Nobody has this id or openid.
    #[error("no such user: GET /_emulator/users lists the ids and openids there are")]
    NoSuchUser,
    /// This kind of account cannot ask for the scope.
    #[error(
        "this kind of account cannot ask for the scope: \
         snsapi_base and snsapi_userinfo are for official accounts and components, snsapi_login for websites"
    )]
    WrongScope,
}

/// Why no request will meet a misbehaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It cannot happen at this endpoint.
    #[error("{misbehaviour} does not happen at {endpoint}: GET /_emulator/faults lists where it does")]
    NotThere {
        /// What was to happen.
        misbehaviour: Misbehaviour,
        /// Where it cannot.
        endpoint: Endpoint,
    },
    /// More misbehaviours wait than any test plans.
    #[error("{} misbehaviours wait already: DELETE /_emulator/faults forgets them", Faults::LIMIT)]
    TooMany,
}
