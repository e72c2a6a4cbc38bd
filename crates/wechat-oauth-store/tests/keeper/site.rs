//! A site for the tests: an emulated WeChat, people who sign in, and as many keepers as there are replicas.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wechat_oauth_core::{
    App, AppSecret, Code, Endpoints, Exchanged, Grant, Identity, Scope, StoredGrant, UnixTime,
};
use wechat_oauth_emulator::{AccountKind, Emulator, Misbehaviour, Request};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Keeper, Keyring, Kind, MemoryStore, Slot, Standing, Store, Swap, Vault};

/// Longer than an access token lives, in seconds.
pub(crate) const EXPIRED: u64 = 7300;
/// Longer than a refresh token lives.
pub(crate) const OVER: u64 = 31 * 24 * 3600;

/// How long a record is kept that a test puts there.
pub(crate) const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

pub(crate) const REFRESH: &str = "/sns/oauth2/refresh_token";
pub(crate) const PROFILE: &str = "/sns/userinfo";

/// The keys of every test: no secret.
pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    pub(crate) app: App,
    pub(crate) store: MemoryStore,
}

impl Site {
    pub(crate) fn new() -> Self {
        let emulator = Emulator::start().unwrap();
        let appid = emulator
            .world(|world| world.account_of_kind(AccountKind::OfficialAccount).unwrap().appid().to_string());
        let app = app(&emulator, &appid);
        Self { emulator, app, store: MemoryStore::new() }
    }

    pub(crate) fn vault(&self) -> Vault {
        vault(self.store.clone())
    }

    /// A keeper as another replica has it: its own connections, the common store.
    pub(crate) fn keeper(&self) -> Keeper {
        self.keeper_over(self.store.clone())
    }

    /// A keeper that reaches the common store through this one.
    pub(crate) fn keeper_over(&self, store: impl Store + 'static) -> Keeper {
        Keeper::new(self.app.clone(), Client::for_app(&self.app).unwrap(), vault(store))
    }

    /// A keeper over the common store that finds something else in WeChat's place.
    pub(crate) fn keeper_at(&self, base_url: &str) -> Keeper {
        let app = self.app.clone().at(Endpoints::emulator(base_url).unwrap());
        let client = Client::for_app(&app).unwrap().timeout(Duration::from_secs(3600));
        Keeper::new(app, client, self.vault())
    }

    /// The first person of the world signs in.
    pub(crate) async fn sign_in(&self, scope: Scope) -> Grant {
        sign_in(&self.emulator, &self.app, 0, scope).await
    }

    /// Somebody signed in so many seconds ago, and is kept.
    pub(crate) async fn kept(&self, seconds_ago: u64) -> Grant {
        let grant = aged(&self.sign_in(Scope::UserInfo).await, seconds_ago);
        self.emulator.advance(seconds_ago);
        self.keeper().keep(&grant).await.unwrap();
        grant
    }

    /// Somebody's sign-in at another replica, which keeps this grant.
    pub(crate) fn signs_in(&self, grant: &Grant) -> impl Future<Output = ()> + Send + use<> {
        let (keeper, grant) = (self.keeper(), grant.clone());
        async move { keeper.keep(&grant).await.unwrap() }
    }

    /// How many requests WeChat got at this path.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.log().iter().filter(|entry| entry["path"] == path).count()
    }

    fn log(&self) -> Vec<serde_json::Value> {
        let reply = self.emulator.world(|world| {
            let now = world.time(UnixTime::from_secs(0));
            world.handle(&Request::get("/_emulator/log"), now)
        });
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Every request of the account meets this.
    pub(crate) fn misbehave(&self, misbehaviours: &[Misbehaviour]) {
        let appid = self.app.account().appid().as_str();
        assert!(self.emulator.world(|world| world.set_misbehaviours(appid, misbehaviours)));
    }

    /// The record as it is kept: its JSON.
    pub(crate) async fn record(&self, identity: &Identity) -> Option<serde_json::Value> {
        let entry = self.vault().read(&slot(identity)).await.unwrap()?;
        Some(serde_json::from_slice(entry.plain().unwrap()).unwrap())
    }

    /// Changes the record, as another replica would.
    pub(crate) async fn edit_record(&self, identity: &Identity, edit: impl FnOnce(&mut serde_json::Value)) {
        let (vault, slot) = (self.vault(), slot(identity));
        let entry = vault.read(&slot).await.unwrap();
        let mut record = serde_json::from_slice(entry.as_ref().unwrap().plain().unwrap()).unwrap();
        edit(&mut record);
        let plain = serde_json::to_vec(&record).unwrap();
        let swapped = vault.swap(&slot, entry.as_ref(), &plain, MONTH).await.unwrap();
        assert!(matches!(swapped, Swap::Done(_)));
    }
}

pub(crate) fn vault(store: impl Store + 'static) -> Vault {
    Vault::new(Arc::new(store), Keyring::from_hex(KEY).unwrap())
}

pub(crate) fn slot(identity: &Identity) -> Slot {
    Slot::new(Kind::Grant, &[identity.appid().as_str()], &[identity.openid().as_str()])
}

pub(crate) fn app(emulator: &Emulator, appid: &str) -> App {
    let announcement = emulator.announcement();
    let account = announcement.accounts.iter().find(|account| account.appid == appid).unwrap();
    let secret = AppSecret::new(account.secret.clone().unwrap()).unwrap();
    App::official_account(appid.parse().unwrap(), secret)
        .at(Endpoints::emulator(emulator.base_url()).unwrap())
}

pub(crate) async fn sign_in(emulator: &Emulator, app: &App, user: usize, scope: Scope) -> Grant {
    let user = emulator.world(|world| world.users()[user].id.clone());
    let code = emulator.issue_code(app.account().appid().as_str(), &user, scope).unwrap();
    let call = app.exchange(Code::received_without_state(&code).unwrap()).unwrap();
    match Client::for_app(app).unwrap().send(call).await.unwrap() {
        Exchanged::Grant(grant) => grant,
        Exchanged::Snapshot(_) => panic!("a snapshot visitor"),
    }
}

/// The same grant as it is when it was issued earlier.
pub(crate) fn aged(grant: &Grant, seconds: u64) -> Grant {
    changed(grant, |stored| {
        for date in ["issued_at", "refresh_token_issued_at"] {
            stored[date] = (stored[date].as_u64().unwrap() - seconds).into();
        }
    })
}

/// The same grant with something else in what is stored of it.
pub(crate) fn changed(grant: &Grant, change: impl FnOnce(&mut serde_json::Value)) -> Grant {
    let mut stored = serde_json::to_value(grant.expose_for_storage()).unwrap();
    change(&mut stored);
    Grant::from_storage(serde_json::from_value::<StoredGrant>(stored).unwrap()).unwrap()
}

pub(crate) fn now() -> UnixTime {
    UnixTime::from_secs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// The base URL of something in WeChat's place that answers one request, with this body.
pub(crate) fn answering_once(body: String) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
            request.push(byte[0]);
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all([head, body].concat().as_bytes()).unwrap();
    });
    base_url
}

/// The access token of a usable grant.
pub(crate) fn token(standing: &Standing) -> &str {
    match standing {
        Standing::Usable(grant) => grant.access_token().expose(),
        other => panic!("{other:?}"),
    }
}
