//! A login without any I/O: the core describes each request and reads each answer; who sends it is your business.
//!
//! Here nobody sends anything. On the other side stands the emulator's pure half, a value in this process.
//!
//! ```sh
//! cargo run -p examples --example offline
//! ```

use std::error::Error;

use wechat_oauth::{App, AppSecret, Exchanged, ProfileLang, RedirectUri, Response, Scope, State, UnixTime};
use wechat_oauth_emulator::{AccountKind, Options, Reply, Request, World, WorldFile};

/// The time is an argument, like everything else: this is the night in which 2027 begins, UTC.
const NOW: UnixTime = UnixTime::from_secs(1_798_761_600);

fn main() -> Result<(), Box<dyn Error>> {
    let mut wechat = WeChat::new()?;

    // Out: one half for the browser, the other to keep with this browser.
    let app = App::official_account(wechat.appid.parse()?, AppSecret::new(&*wechat.secret)?);
    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback")?;
    let login = app.login(Scope::UserInfo, &redirect_uri).build()?;
    let entropy = [42; 32]; // from the operating system, in your program: wechat_oauth::fresh_state()
    let (url, pending) = login.begin(State::from_entropy(entropy));
    println!("1. redirect the browser to {}", url.as_str().split('?').next().unwrap_or_default());

    // Back: the browser brings the callback.
    let callback = wechat.asks_the_person(url.as_str())?;
    let code = pending.accept(&callback)?;
    println!("2. the callback brought our state, and a code");

    // The exchange: GET the URL with whatever HTTP client you have. It holds the secret, so only its path is shown.
    let call = app.exchange(code)?;
    println!("3. {} {}", call.request().method(), call.request().url().without_query());
    let reply = wechat.answers(call.request().url().expose());
    let grant = match call.read(&Response::new(reply.status, &reply.body, NOW))? {
        Exchanged::Grant(grant) => grant,
        Exchanged::Snapshot(_) => return Err("a visitor of a snapshot page: nobody's identity".into()),
    };
    println!("   the grant is {:?} for {} s", grant.at(NOW), grant.expires_at().secs_since(NOW));

    // The profile, in the same way.
    let call = app.profile(&grant, ProfileLang::SimplifiedChinese)?;
    println!("4. {} {}", call.request().method(), call.request().url().without_query());
    let reply = wechat.answers(call.request().url().expose());
    let profile = call.read(&Response::new(reply.status, &reply.body, NOW))?;
    println!("   {} signed in as {}", profile.nickname(), grant.openid());
    Ok(())
}

/// Stands in for the two hosts of WeChat, and for the person.
struct WeChat {
    world: World,
    appid: String,
    secret: String,
}

impl WeChat {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut world = World::new(WorldFile::default(), *b"any 32 bytes make their own ids.")?;
        world.set_options(Options { auto_consent: true, ..Options::default() })?;
        let account = world.account_of_kind(AccountKind::OfficialAccount).ok_or("no official account")?;
        let secret = account.secret().ok_or("no secret")?.expose().to_owned();
        let appid = account.appid().to_string();
        Ok(Self { world, appid, secret })
    }

    /// The person agrees; WeChat sends the browser to the callback.
    fn asks_the_person(&mut self, authorize_url: &str) -> Result<String, Box<dyn Error>> {
        let reply = self.answers(authorize_url);
        let location = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        Ok(location.ok_or("WeChat showed an error page")?.1.to_string())
    }

    fn answers(&mut self, url: &str) -> Reply {
        let target = url.strip_prefix("https://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
        self.world.handle(&Request::get(target.unwrap_or("/")), NOW)
    }
}
