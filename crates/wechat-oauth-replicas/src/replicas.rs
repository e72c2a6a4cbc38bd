//! Everything that runs: Redis, WeChat, the replicas, and the proxy before them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use wechat_oauth_redis::RedisStore;
use wechat_oauth_reqwest::Client;
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Keeper, Keyring, Vault};

use crate::browser::Browser;
use crate::http::{self, Http};
use crate::wechat::WeChat;
use crate::{Outcome, proxy, site};

/// How many processes serve the site.
pub(crate) const REPLICAS: usize = 3;
/// How many people there are: as many as the emulator takes.
const PEOPLE: usize = 1000;
/// What everything is sealed with; nothing outlives the run.
const KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// How Redis keeps what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// In memory.
    None,
    /// On disk before it answers, so that a kill loses nothing.
    Always,
}

/// What the replicas share beside the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    Redis,
    /// Each has a store of its own, which is wrong.
    Nothing,
}

/// One site, served by several processes. Dropping it ends them.
pub(crate) struct Replicas {
    pub(crate) wechat: Arc<WeChat>,
    pub(crate) redis: Arc<Mutex<RedisServer>>,
    pub(crate) origin: String,
    http: Http,
    sites: Vec<Site>,
}

impl Replicas {
    pub(crate) async fn start(seed: u64, persistence: Persistence, sharing: Sharing) -> Outcome<Self> {
        let wechat = WeChat::start(seed, PEOPLE).await?;
        let redis = match persistence {
            Persistence::None => RedisServer::start()?,
            Persistence::Always => RedisServer::with_aof()?,
        };
        let (listener, origin) = proxy::listen().await?;
        let store = match sharing {
            Sharing::Redis => redis.url(),
            Sharing::Nothing => site::NO_STORE.to_owned(),
        };
        let sites: Vec<Site> =
            (0..REPLICAS).map(|_| Site::start(&wechat, &store, &origin)).collect::<Result<_, _>>()?;
        let ports: Vec<u16> = sites.iter().map(|site| site.port).collect();
        proxy::start(listener, &ports)?;
        Ok(Self { wechat, redis: Arc::new(Mutex::new(redis)), origin, http: http::client(), sites })
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.http, &self.origin)
    }

    /// A keeper over the same store.
    pub(crate) async fn keeper(&self) -> Outcome<Keeper> {
        let url = self.redis.lock().unwrap_or_else(PoisonError::into_inner).url();
        let app = self.wechat.app()?;
        let client = Client::for_app(&app)?;
        let store = RedisStore::connect(&url).await?;
        Ok(Keeper::new(app, client, Vault::new(store, Keyring::from_hex(KEY)?)))
    }

    /// Says if a replica has ended.
    pub(crate) fn check(&mut self) -> Outcome {
        for site in &mut self.sites {
            if let Some(status) = site.process.try_wait()? {
                return Err(format!("a replica ended: {status}").into());
            }
        }
        Ok(())
    }
}

/// The process of one replica. Its stdin is held open: when that ends, however this process goes, so does the replica.
struct Site {
    process: Child,
    port: u16,
}

impl Site {
    fn start(wechat: &WeChat, store: &str, origin: &str) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("site")
            .env(site::ORIGIN, origin)
            .env(site::WECHAT, wechat.base_url())
            .env(site::STORE, store)
            .env(site::APPID, wechat.appid())
            .env(site::SECRET, wechat.secret())
            .env(site::KEY, KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("a replica was started without pipes")?;
        let mut site = Self { process, port: 0 };
        BufReader::new(stdout).read_line(&mut line)?;
        site.port = line.trim().parse().map_err(|_| "a replica did not start: it says why above")?;
        Ok(site)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _gone = self.process.wait();
    }
}
