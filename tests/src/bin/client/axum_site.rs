//! A whole site with `wechat-oauth-axum`, called in this process as a server would call it, by browsers with a jar of
//! cookies each. What it does is seen as a browser sees it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::response::Json;
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use url::Url;
use wechat_oauth::axum::{SignedIn, WechatLogin, WechatUser};
use wechat_oauth::reqwest::Client as Sender;
use wechat_oauth::store::{Keeper, Keyring, MemoryStore, Standing, Vault};
use wechat_oauth::{App, AppSecret, Identity, OpenId, Scope};

use crate::lines::{Case, Client, Clock, printed, shown};
use crate::site::app;

const IN_WECHAT: &str = "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.50 NetType/WIFI";
const ON_DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
/// The longest page that is read, in bytes.
const MAX_PAGE: usize = 1024 * 1024;

/// The site and its browsers.
pub(crate) struct AxumSite {
    runtime: Runtime,
    router: Router,
    keeper: Keeper,
    app: App,
    user_agent: &'static str,
    /// The cookies of each browser.
    jars: BTreeMap<String, BTreeMap<String, String>>,
    clock: Shared<Clock>,
    /// What the values that the site was handed look like in a log.
    shown: Shared<String>,
}

type Shared<T> = Arc<Mutex<T>>;

/// What a browser is answered.
struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

impl Client for AxumSite {
    const NAME: &'static str = "wechat-oauth-axum";

    fn open(case: &Case) -> Result<Self, Box<dyn std::error::Error>> {
        let app = app(case)?;
        let timeout = Duration::from_millis(case.timeout_ms);
        let sender = Sender::for_app(&app)?.timeout(timeout);
        let clock = Shared::<Clock>::default();
        let (clock_of_site, clock_of_keeper) = (Arc::clone(&clock), Arc::clone(&clock));
        let keyring = Keyring::generate()?;
        let vault = Vault::new(MemoryStore::new(), keyring.clone());
        let keeper = Keeper::new(app.clone(), sender.clone(), vault);
        let keeper = keeper.clock(move || locked(&clock_of_keeper, |clock| clock.now()));

        let is_website = case.account == "website_app";
        let login = if is_website {
            // A login has an official account first; nobody uses this one.
            let beside = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new("unused")?);
            let beside = beside.at(app.endpoints().clone());
            WechatLogin::new(beside, sender.clone()).website(app.clone(), sender)
        } else {
            WechatLogin::new(app.clone(), sender)
        };
        let login = match case.scope {
            Scope::Base => login.silent_first(async |_| Ok(true)),
            _ => login.always_profile(),
        };
        let callback = Url::parse(&case.redirect_uri)?;
        let prefix = callback.path().strip_suffix("/callback").ok_or("the site's callback is /callback")?;
        let values = Shared::<String>::default();
        let value = Arc::clone(&values);
        let login = login
            .origin(callback.origin().ascii_serialization())
            .at(prefix)
            .keyring(keyring)
            .keep_grants(keeper.clone())
            .clock(move || locked(&clock_of_site, |clock| clock.now()))
            .on_signed_in(move |signed_in: SignedIn| {
                locked(&value, |text| text.push_str(&shown(&signed_in)));
                async move { signed_in.welcome() }
            });
        let value = Arc::clone(&values);
        let home = Router::new().route("/", get(home)).layer(Extension(value));
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            router: login.mount(home)?,
            keeper,
            app,
            user_agent: if is_website { ON_DESKTOP } else { IN_WECHAT },
            jars: BTreeMap::new(),
            clock,
            shown: values,
        })
    }

    fn can_be_told_the_time(&self, _: &str) -> bool {
        true
    }

    fn start(&mut self, browser: &str, clock: Clock) -> Result<Value, String> {
        locked(&self.clock, |now| *now = clock);
        let answer = self.get(browser, "/login")?;
        if answer.status == StatusCode::SEE_OTHER {
            Ok(json!({"go": answer.location}))
        } else {
            Err(format!("{} {}", answer.status, answer.body))
        }
    }

    fn callback(&mut self, browser: &str, url: &str, clock: Clock) -> Result<Value, String> {
        locked(&self.clock, |now| *now = clock);
        let url = Url::parse(url).map_err(|error| printed(&error))?;
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let answer = self.get(browser, &path)?;
        if answer.location.contains("/connect/") {
            return Ok(json!({"go": answer.location}));
        }
        if answer.location.contains("declined=snapshot") {
            return Ok(json!({"visitor": true}));
        }
        if answer.location == "/" {
            let home: Value =
                serde_json::from_str(&self.get(browser, "/")?.body).map_err(|error| printed(&error))?;
            return if home.is_null() {
                Err("nobody is signed in".to_owned())
            } else {
                Ok(json!({"signed_in": home}))
            };
        }
        let page = if answer.location.starts_with('/') {
            self.get(browser, &answer.location)?.body
        } else {
            answer.body
        };
        Err(format!("{} {}\n{page}", answer.status, answer.location))
    }

    fn renew(&mut self, browser: &str, clock: Clock) -> Result<Value, String> {
        locked(&self.clock, |now| *now = clock);
        let home: Value =
            serde_json::from_str(&self.get(browser, "/")?.body).map_err(|error| printed(&error))?;
        let Some(openid) = home["openid"].as_str() else { return Err("nobody is signed in".to_owned()) };
        let openid: OpenId = openid.parse().map_err(|error| printed(&error))?;
        let identity = Identity::new(self.app.account().appid().clone(), openid);
        match self.runtime.block_on(self.keeper.fresh(&identity)) {
            Ok(Standing::Usable(grant)) => Ok(json!({"renewed": {"openid": grant.openid().as_str()}})),
            Ok(Standing::Over | Standing::Unknown) => Err("the person has to sign in again".to_owned()),
            Err(error) => Err(printed(&error)),
        }
    }

    fn show(&self) -> String {
        locked(&self.shown, |text| shown(&self.app) + &shown(&self.keeper) + text)
    }
}

/// Who is signed in.
async fn home(Extension(value): Extension<Shared<String>>, user: Option<WechatUser>) -> Json<Value> {
    locked(&value, |text| text.push_str(&shown(&user)));
    Json(user.map_or(Value::Null, |user| {
        let unionid = user.unionid().map(wechat_oauth::UnionId::as_str);
        // Empty without a profile.
        let nickname = Some(user.nickname().as_untrusted_str()).filter(|nickname| !nickname.is_empty());
        json!({"openid": user.identity().openid().as_str(), "unionid": unionid, "nickname": nickname})
    }))
}

impl AxumSite {
    fn get(&mut self, browser: &str, path: &str) -> Result<Answer, String> {
        let jar = self.jars.entry(browser.to_owned()).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().uri(path).header(USER_AGENT, self.user_agent);
        request = request.header(ACCEPT, "text/html");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        // What no server would hand to a site, such as a path with a broken byte, has no answer of the site's.
        let request = request.body(Body::empty()).map_err(|error| printed(&error))?;
        let router = self.router.clone();
        let (parts, body) = self.runtime.block_on(async {
            let (parts, body) = match router.oneshot(request).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            (parts, to_bytes(body, MAX_PAGE).await)
        });
        for line in parts.headers.get_all(SET_COOKIE) {
            keep(jar, line.to_str().map_err(|error| printed(&error))?);
        }
        let location = parts.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let body = body.map_err(|error| printed(&error))?;
        Ok(Answer {
            status: parts.status,
            location: location.unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// Keeps a cookie, or forgets it, as a browser does.
fn keep(jar: &mut BTreeMap<String, String>, line: &str) {
    let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
    let Some((name, value)) = pair.split_once('=') else { return };
    if attributes.contains("Max-Age=0") {
        jar.remove(name);
    } else {
        jar.insert(name.to_owned(), value.to_owned());
    }
}

fn locked<T, R>(shared: &Shared<T>, look: impl FnOnce(&mut T) -> R) -> R {
    look(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}
