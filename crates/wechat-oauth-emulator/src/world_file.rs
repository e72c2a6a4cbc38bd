//! World files: who and what a world begins with, as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wechat_oauth_core::{AppId, AppSecret, ComponentAccessToken, OpenId, UnionId};

use crate::account::{Account, AccountKind, CallbackDomain, Credentials, PlatformCredentials, Refusal};
use crate::mint::Mint;
use crate::misbehaviour::Misbehaviour;
use crate::user::User;

/// What a world begins with. Its JSON is strict: a key that is not known is an error that names its line.
///
/// ```
/// let file: wechat_oauth_emulator::WorldFile = wechat_oauth_emulator::WorldFile::from_json(
///     r#"{
///         "accounts": [{
///             "kind": "website", "appid": "wx0123456789abcdef",
///             "secret": "00112233445566778899aabbccddeeff", "domain": "login.example.com"
///         }],
///         "users": [{"id": "lily", "nickname": "莉莉"}]
///     }"#,
/// )?;
/// assert_eq!(file.users[0].id, "lily");
/// # Ok::<(), wechat_oauth_emulator::WorldError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldFile {
    /// The applications that people sign in to; at least one.
    pub accounts: Vec<AccountFile>,
    /// The people; at least one. The first of them holds the phone until somebody else is chosen.
    pub users: Vec<User>,
}

/// An account in a world file. Only `kind` is needed: what is left out is made from the seed, or has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFile {
    /// What kind of application it is.
    pub kind: AccountKind,
    /// The appid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appid: Option<AppId>,
    /// The name people read on the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The secret; a component's account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Concealed>,
    /// The appid of the third-party platform; only for a component's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_appid: Option<AppId>,
    /// The platform's own token; only for a component's account. Accounts of one platform share it: one of them says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_access_token: Option<Concealed>,
    /// Where callbacks may go; loopback at any port when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<CallbackDomain>,
    /// The open-platform account that it is bound to; without one, people have no unionid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What the app learns when a person refuses.
    #[serde(default)]
    pub refusal: Refusal,
    /// What every request of this account meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misbehaviours: Vec<Misbehaviour>,
}

impl AccountFile {
    /// An account of this kind, everything else made from the seed.
    #[must_use]
    pub const fn new(kind: AccountKind) -> Self {
        Self {
            kind,
            appid: None,
            name: None,
            secret: None,
            component_appid: None,
            component_access_token: None,
            domain: None,
            platform: None,
            refusal: Refusal::StateOnly,
            misbehaviours: Vec::new(),
        }
    }

    /// The account at a position of the file, with what was left out; `rank` tells two such accounts of one kind apart.
    fn build(self, position: usize, rank: usize, mint: &Mint) -> Result<Account, WorldError> {
        let seeded = if rank == 0 { self.kind.to_string() } else { format!("{} {rank}", self.kind) };
        let invalid = |key, problem| WorldError::Account { position, key, problem };
        let appid = match self.appid {
            Some(appid) => appid,
            None => AppId::new(&mint.appid(&seeded)).map_err(|error| invalid("appid", error.to_string()))?,
        };
        let unwanted = |key, kind: &str| invalid(key, format!("is only for {kind}: leave it out"));

        let credentials = if self.kind == AccountKind::Component {
            if self.secret.is_some() {
                return Err(unwanted("secret", "official accounts and websites"));
            }
            let component_appid = match self.component_appid {
                Some(appid) => appid,
                None => AppId::new(&mint.appid(&format!("platform of {seeded}")))
                    .map_err(|error| invalid("component_appid", error.to_string()))?,
            };
            let token = self
                .component_access_token
                .map_or_else(|| mint.component_token(component_appid.as_str()), |token| token.0);
            let component_access_token = ComponentAccessToken::new(token)
                .map_err(|error| invalid("component_access_token", error.to_string()))?;
            Credentials::Platform(PlatformCredentials {
                component_appid,
                component_access_token,
                superseded: None,
            })
        } else {
            if self.component_appid.is_some() {
                return Err(unwanted("component_appid", "components"));
            }
            if self.component_access_token.is_some() {
                return Err(unwanted("component_access_token", "components"));
            }
            let secret = self.secret.map_or_else(|| mint.secret(appid.as_str()), |secret| secret.0);
            let secret = AppSecret::new(secret).map_err(|error| invalid("secret", error.to_string()))?;
            Credentials::Secret(secret)
        };
        let name = self.name.unwrap_or_else(|| default_name(self.kind).to_owned());
        Ok(Account {
            kind: self.kind,
            appid,
            name,
            credentials,
            domain: self.domain.unwrap_or(CallbackDomain::Loopback),
            platform: self.platform,
            refusal: self.refusal,
            misbehaviours: self.misbehaviours,
        })
    }
}

const fn default_name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::OfficialAccount => "示例服务号",
        AccountKind::Website => "示例网站应用",
        AccountKind::Component => "示例授权方公众号",
    }
}

/// A secret in a world file: JSON carries it, `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Concealed(String);

impl From<&str> for Concealed {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Default for WorldFile {
    /// One account of each kind, whose callbacks may go to this machine at any port, and a few people. The official
    /// account and the website are bound to one open-platform account; the component's account is bound to none.
    fn default() -> Self {
        let account = |kind, platform: Option<&str>| AccountFile {
            platform: platform.map(str::to_owned),
            ..AccountFile::new(kind)
        };
        Self {
            accounts: vec![
                account(AccountKind::OfficialAccount, Some("main")),
                account(AccountKind::Website, Some("main")),
                account(AccountKind::Component, None),
            ],
            users: User::default_people(),
        }
    }
}

impl WorldFile {
    /// Reads a world file.
    ///
    /// # Errors
    /// [`WorldError::Json`] names the line and column of what is not JSON, not known, or not of its type. What only
    /// shows between several values (an appid given twice) is found when the world is made.
    pub fn from_json(text: &str) -> Result<Self, WorldError> {
        // Some editors put a byte order mark before what they save.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        serde_json::from_str(text).map_err(|error| WorldError::Json(error.to_string()))
    }

    /// The accounts and the people, checked and completed.
    pub(crate) fn build(self, mint: &Mint) -> Result<(Vec<Account>, Vec<User>), WorldError> {
        if self.accounts.is_empty() {
            return Err(WorldError::Empty("accounts"));
        }
        if self.users.is_empty() {
            return Err(WorldError::Empty("users"));
        }
        let tokens = platform_tokens(&self.accounts)?;
        let mut accounts: Vec<Account> = Vec::with_capacity(self.accounts.len());
        for (position, mut file) in self.accounts.into_iter().enumerate() {
            if let Some(token) = file.component_appid.as_ref().and_then(|platform| tokens.get(platform)) {
                file.component_access_token = Some(token.clone());
            }
            let rank = accounts.iter().filter(|other| other.kind == file.kind).count();
            let account = file.build(position, rank, mint)?;
            if accounts.iter().any(|other| other.appid == account.appid) {
                return Err(WorldError::SameAppid(account.appid));
            }
            accounts.push(account);
        }
        for (position, user) in self.users.iter().enumerate() {
            check_user(user, &accounts, &self.users[..position])?;
        }
        Ok((accounts, self.users))
    }
}

/// The token of each third-party platform that names one: all of its authorizers share it.
fn platform_tokens(accounts: &[AccountFile]) -> Result<BTreeMap<AppId, Concealed>, WorldError> {
    let mut tokens: BTreeMap<AppId, Concealed> = BTreeMap::new();
    for (position, account) in accounts.iter().enumerate() {
        if let (Some(platform), Some(token)) = (&account.component_appid, &account.component_access_token)
            && tokens.insert(platform.clone(), token.clone()).is_some_and(|other| other != *token)
        {
            let problem = format!("is another than before: {platform} has one token for all of its accounts");
            return Err(WorldError::Account { position, key: "component_access_token", problem });
        }
    }
    Ok(tokens)
}

/// Checks a person against those who are there already, for what serde cannot: the ids, and whom they belong to.
pub(crate) fn check_user(user: &User, accounts: &[Account], others: &[User]) -> Result<(), WorldError> {
    /// More people than any test needs, and as many as the pages still list.
    const MAX_USERS: usize = 1000;

    let invalid = |problem: String| Err(WorldError::User { id: user.id.clone(), problem });
    // An appid's alphabet and length are what a path segment and a cookie carry without escaping.
    if let Err(error) = AppId::new(&user.id) {
        return invalid(format!("has an id that cannot be used: {}", error.rule()));
    }
    if others.iter().any(|other| other.id == user.id) {
        return invalid("is there already".to_owned());
    }
    if others.len() >= MAX_USERS {
        return invalid(format!("is one too many: a world has at most {MAX_USERS} people"));
    }
    if user.sex > 2 {
        return invalid("has a sex other than 0, 1 and 2".to_owned());
    }
    for (appid, openid) in &user.openids {
        if !accounts.iter().any(|account| account.appid.as_str() == appid) {
            return invalid(format!("has an openid for {appid}, which is the appid of no account"));
        }
        if let Err(error) = OpenId::new(openid) {
            return invalid(format!("has for {appid} an openid that cannot be used: {}", error.rule()));
        }
        if let Some(other) = others.iter().find(|other| other.openids.get(appid) == Some(openid)) {
            return invalid(format!("has for {appid} the openid of {:?}", other.id));
        }
    }
    for (platform, unionid) in &user.unionids {
        if !accounts.iter().any(|account| account.platform() == Some(platform)) {
            return invalid(format!("has a unionid for {platform:?}, which is the platform of no account"));
        }
        if let Err(error) = UnionId::new(unionid) {
            return invalid(format!("has for {platform:?} a unionid that cannot be used: {}", error.rule()));
        }
        if let Some(other) = others.iter().find(|other| other.unionids.get(platform) == Some(unionid)) {
            return invalid(format!("has for {platform:?} the unionid of {:?}", other.id));
        }
    }
    Ok(())
}

impl From<&Account> for AccountFile {
    fn from(account: &Account) -> Self {
        let platform = account.platform_credentials();
        Self {
            kind: account.kind,
            appid: Some(account.appid.clone()),
            name: Some(account.name.clone()),
            secret: account.secret().map(|secret| secret.expose().into()),
            component_appid: platform.map(|platform| platform.component_appid.clone()),
            component_access_token: platform.map(|platform| platform.component_access_token.expose().into()),
            domain: Some(account.domain.clone()),
            platform: account.platform.clone(),
            refusal: account.refusal,
            misbehaviours: account.misbehaviours.clone(),
        }
    }
}

/// A world cannot be made like this. The text says what to change; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The file cannot be read as a world: line and column are in the text.
    #[error("the world file is not right: {0}")]
    Json(String),
    /// A world without accounts, or without people.
    #[error("{0}: a world needs at least one")]
    Empty(&'static str),
    /// Two accounts have one appid.
    #[error("two accounts have the appid {0}: give each its own")]
    SameAppid(AppId),
    /// Something about an account.
    #[error("accounts[{position}]: {key}: {problem}")]
    Account {
        /// Where it is among the accounts; the first is 0.
        position: usize,
        /// The key in the world file.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Something about a person.
    #[error("user {id:?} {problem}")]
    User {
        /// The id.
        id: String,
        /// What is wrong.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(json: &str) -> Result<(Vec<Account>, Vec<User>), WorldError> {
        WorldFile::from_json(json)?.build(&Mint::new([1; 32]))
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = WorldFile::from_json("{\n\"accounts\": [],\n\"user\": []}").unwrap_err().to_string();
        assert!(error.contains("`user`") && error.contains("line 3"), "{error}");
        let account = r#"{"accounts": [{"kind": "website", "app_id": "x"}], "users": []}"#;
        assert!(WorldFile::from_json(account).unwrap_err().to_string().contains("`app_id`"));
        let user = r#"{"accounts": [], "users": [{"id": "a", "nickname": "", "nick": 1}]}"#;
        assert!(WorldFile::from_json(user).unwrap_err().to_string().contains("`nick`"));
    }

    #[test]
    fn a_completed_world_survives_its_file() {
        let mint = Mint::new([1; 32]);
        let (accounts, users) = WorldFile::default().build(&mint).unwrap();
        let file = WorldFile { accounts: accounts.iter().map(AccountFile::from).collect(), users };
        let json = serde_json::to_string_pretty(&file).unwrap();
        let read = WorldFile::from_json(&json).unwrap();
        assert_eq!(read, file);
        let (accounts, users) = read.build(&Mint::new([2; 32])).unwrap();
        assert_eq!(WorldFile { accounts: accounts.iter().map(AccountFile::from).collect(), users }, file);
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_reason() {
        for (json, part) in [
            (r#"{"accounts": [], "users": []}"#, "accounts: a world needs at least one"),
            (r#"{"accounts": [{"kind": "website"}], "users": []}"#, "users: a world needs at least one"),
            (
                r#"{"accounts": [{"kind": "website", "appid": "wx1"}, {"kind": "component", "appid": "wx1"}],
                    "users": [{"id": "a", "nickname": "A"}]}"#,
                "two accounts have the appid wx1",
            ),
            (
                r#"{"accounts": [{"kind": "component", "secret": "s"}], "users": [{"id": "a", "nickname": "A"}]}"#,
                "accounts[0]: secret: is only for official accounts and websites",
            ),
            (
                r#"{"accounts": [{"kind": "website"}, {"kind": "website", "component_appid": "wx1"}],
                    "users": [{"id": "a", "nickname": "A"}]}"#,
                "accounts[1]: component_appid: is only for components",
            ),
            (
                r#"{"accounts": [{"kind": "website", "secret": "s\u0000"}], "users": [{"id": "a", "nickname": "A"}]}"#,
                "accounts[0]: secret: ",
            ),
            (
                r#"{"accounts": [
                        {"kind": "component", "component_appid": "wxp", "component_access_token": "t"},
                        {"kind": "component", "component_appid": "wxp", "component_access_token": "u"}
                    ],
                    "users": [{"id": "a", "nickname": "A"}]}"#,
                "accounts[1]: component_access_token: is another than before",
            ),
            (
                r#"{"accounts": [{"kind": "website", "appid": "wx1"}],
                    "users": [{"id": "a", "nickname": "A", "openids": {"wx2": "o"}}]}"#,
                "user \"a\" has an openid for wx2, which is the appid of no account",
            ),
            (
                r#"{"accounts": [{"kind": "website", "appid": "wx1"}],
                    "users": [{"id": "a", "nickname": "A", "openids": {"wx1": "a b"}}]}"#,
                "user \"a\" has for wx1 an openid that cannot be used",
            ),
            (
                r#"{"accounts": [{"kind": "website", "appid": "wx1"}],
                    "users": [{"id": "a", "nickname": "A", "openids": {"wx1": "o"}},
                              {"id": "b", "nickname": "B", "openids": {"wx1": "o"}}]}"#,
                "user \"b\" has for wx1 the openid of \"a\"",
            ),
            (
                r#"{"accounts": [{"kind": "website", "platform": "main"}],
                    "users": [{"id": "a", "nickname": "A", "unionids": {"man": "o"}}]}"#,
                "user \"a\" has a unionid for \"man\", which is the platform of no account",
            ),
            (
                r#"{"accounts": [{"kind": "website", "platform": "main"}],
                    "users": [{"id": "a", "nickname": "A", "unionids": {"main": "o"}},
                              {"id": "b", "nickname": "B", "unionids": {"main": "o"}}]}"#,
                "user \"b\" has for \"main\" the unionid of \"a\"",
            ),
            (
                r#"{"accounts": [{"kind": "website"}],
                    "users": [{"id": "a", "nickname": "A"}, {"id": "a", "nickname": "B"}]}"#,
                "user \"a\" is there already",
            ),
            (
                r#"{"accounts": [{"kind": "website"}], "users": [{"id": "a/b", "nickname": "A"}]}"#,
                "has an id that cannot be used",
            ),
            (
                r#"{"accounts": [{"kind": "website", "domain": "a.cn:80"}], "users": []}"#,
                "callback domain is",
            ),
            (r#"{"accounts": [{"kind": "website", "misbehaviours": ["wx-no"]}], "users": []}"#, "wx-no"),
        ] {
            let error = built(json).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn two_accounts_of_a_kind_that_say_nothing_differ() {
        let json = r#"{"accounts": [{"kind": "website"}, {"kind": "website"}],
                       "users": [{"id": "a", "nickname": "A"}]}"#;
        let (accounts, _) = built(json).unwrap();
        assert_ne!(accounts[0].appid, accounts[1].appid);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_file() {
        assert!(built("\u{feff}{\"accounts\": [{\"kind\": \"website\"}], \"users\": [{\"id\": \"a\", \"nickname\": \"\"}]}").is_ok());
    }

    #[test]
    fn the_people_are_bounded() {
        let users = (0..1001).map(|number| User::new(format!("u{number}"), "")).collect();
        let mut file = WorldFile { users, ..WorldFile::default() };
        let error = file.clone().build(&Mint::new([1; 32])).unwrap_err().to_string();
        assert_eq!(error, "user \"u1000\" is one too many: a world has at most 1000 people");
        file.users.pop();
        assert!(file.build(&Mint::new([1; 32])).is_ok());
    }

    #[test]
    fn the_authorizers_of_one_platform_share_its_token() {
        for second in ["", r#", "component_access_token": "t""#] {
            let json = format!(
                r#"{{"accounts": [
                    {{"kind": "component", "appid": "wx1", "component_appid": "wxp"}},
                    {{"kind": "component", "appid": "wx2", "component_appid": "wxp"{second}}}
                ], "users": [{{"id": "a", "nickname": "A"}}]}}"#
            );
            let (accounts, _) = built(&json).unwrap();
            let token =
                |at: usize| accounts[at].platform_credentials().unwrap().component_access_token.expose();
            assert_eq!(token(0), token(1));
            assert_eq!(token(0) == "t", !second.is_empty());
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let json = r#"{"accounts": [{"kind": "website", "secret": "canary"}], "users": []}"#;
        assert!(!format!("{:?}", WorldFile::from_json(json)).contains("canary"));
    }
}
