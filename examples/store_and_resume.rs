//! A login that outlives the program: what has to be kept is stored, the program ends, another one goes on.
//!
//! ```sh
//! cargo run -p examples --example store_and_resume
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;

use wechat_oauth::{
    AuthorizeUrl, Freshness, Grant, Pending, REFRESH_TOKEN_LIFETIME_SECS, RedirectUri, Scope, SignedIn,
    UnixTime, fresh_state, ureq,
};
use wechat_oauth_emulator::Emulator;

/// Each of these functions is a program of its own: nothing but the store is handed from one to the next.
fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().auto_consent(true).start()?;
    let store = tempfile::tempdir()?;

    let url = begin(&emulator, store.path())?;
    let callback = examples::visit(&url)?;
    finish(&emulator, store.path(), &callback)?;
    for hours in [0, 2] {
        emulator.advance(hours * 3600);
        println!("{hours} hours later: {}", visited_again(&emulator, store.path(), emulator.now())?);
    }
    emulator.advance(REFRESH_TOKEN_LIFETIME_SECS);
    println!("30 days later: {}", visited_again(&emulator, store.path(), emulator.now())?);
    Ok(())
}

/// The browser is sent away. A pending login belongs to this browser: put it into its session.
fn begin(emulator: &Emulator, store: &Path) -> Result<AuthorizeUrl, Box<dyn Error>> {
    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback")?;
    let (url, pending) = examples::official_account(emulator)?
        .login(Scope::UserInfo, &redirect_uri)
        .build()?
        .begin(fresh_state()?);
    fs::write(store.join("session.json"), serde_json::to_vec(&pending)?)?;
    println!("stored the pending login");
    Ok(url)
}

/// The browser comes back, perhaps to another replica.
fn finish(emulator: &Emulator, store: &Path, callback: &str) -> Result<(), Box<dyn Error>> {
    let app = examples::official_account(emulator)?;
    let pending: Pending = serde_json::from_slice(&fs::read(store.join("session.json"))?)?;
    // Away with it first, so that it is used once. A store with replicas does both at once (`GETDEL`, `DELETE ... RETURNING`).
    fs::remove_file(store.join("session.json"))?;
    let code = pending.accept(callback)?;
    match ureq::Client::for_app(&app)?.run(app.sign_in(code)?)? {
        SignedIn::Person(person) => save(store, person.grant()),
        SignedIn::Snapshot(_) => Err("a visitor of a snapshot page: there is nothing to store".into()),
    }
}

/// The person comes back later. In your program `now` is `wechat_oauth::now()`; the emulator's clock can be moved.
fn visited_again(emulator: &Emulator, store: &Path, now: UnixTime) -> Result<String, Box<dyn Error>> {
    let app = examples::official_account(emulator)?;
    let client = ureq::Client::for_app(&app)?;
    let grant = Grant::from_storage(serde_json::from_slice(&fs::read(store.join("grant.json"))?)?)?;
    let (what, grant) = match grant.at(now) {
        Freshness::Fresh => ("the access token is fresh", grant),
        Freshness::Renew => {
            let renewed = client.run(app.renew(&grant)?)?;
            save(store, &renewed)?; // in the old one's place: it may hold a new refresh token too
            ("renewed the access token", renewed)
        }
        Freshness::Over => return Ok("the grant is over: the person has to sign in again".to_owned()),
    };
    let valid = client.send(app.check(&grant)?)?.is_valid();
    Ok(format!("{what}, and WeChat says that it is {}", if valid { "valid" } else { "not valid" }))
}

/// One grant a person: file it under its identity, appid and openid together. It is written in the open here because the
/// emulator's tokens are worth nothing: **encrypt yours**.
fn save(store: &Path, grant: &Grant) -> Result<(), Box<dyn Error>> {
    fs::write(store.join("grant.json"), serde_json::to_vec(&grant.expose_for_storage())?)?;
    println!("stored the grant of {}", grant.openid());
    Ok(())
}
