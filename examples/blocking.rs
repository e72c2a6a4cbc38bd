//! A login over the blocking transport, and what to do about each way in which it can end.
//!
//! ```sh
//! cargo run -p examples --example blocking
//! ```

use std::error::Error as StdError;

use wechat_oauth::{
    Advice, App, AppSecret, Endpoints, Error, Pending, RedirectUri, Scope, SignedIn, fresh_state, ureq,
};
use wechat_oauth_emulator::{AccountKind, Emulator, Endpoint, Misbehaviour};

fn main() -> Result<(), Box<dyn StdError>> {
    let emulator = Emulator::builder().auto_consent(true).start()?;
    let account = examples::account(&emulator, AccountKind::OfficialAccount)?;
    let secret = account.secret.ok_or("an official account has a secret")?;

    // Once, at the start. Without the line `.at(...)` it is WeChat itself that people sign in with.
    let app = App::official_account(account.appid.parse()?, AppSecret::new(secret)?)
        .at(Endpoints::emulator(emulator.base_url())?);
    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback")?;
    let login = app.login(Scope::UserInfo, &redirect_uri).build()?;
    let client = ureq::Client::for_app(&app)?;

    // Somebody signs in.
    let (url, pending) = login.begin(fresh_state()?);
    let callback = examples::visit(&url)?;
    println!("{}", finish(&app, &client, pending, &callback));

    // Somebody opens a link that is not from their own login: an old one, or one that an attacker sent.
    let (_, pending) = login.begin(fresh_state()?);
    println!("{}", finish(&app, &client, pending, &callback));

    // Somebody goes back to the callback after they signed in, so that its code comes twice.
    let (url, pending) = login.begin(fresh_state()?);
    let callback = examples::visit(&url)?;
    println!("{}", finish(&app, &client, pending.clone(), &callback));
    println!("{}", finish(&app, &client, pending, &callback));

    // WeChat handles the exchange, and then its answer is lost on the way. Nothing is sent again: the code may be spent.
    let (url, pending) = login.begin(fresh_state()?);
    let callback = examples::visit(&url)?;
    emulator.world(|world| world.misbehave_next(Misbehaviour::LostAnswer, Endpoint::Exchange, 1))?;
    println!("{}", finish(&app, &client, pending, &callback));
    Ok(())
}

/// The second half of a login: what the browser is shown.
fn finish(app: &App, client: &ureq::Client, pending: Pending, callback: &str) -> String {
    let signed_in = pending
        .accept(callback)
        .map_err(Error::from)
        .and_then(|code| Ok(app.sign_in(code)?))
        .and_then(|flow| client.run(flow));
    match signed_in {
        Ok(SignedIn::Person(person)) => {
            // The account's key is (appid, openid). Start a new session here, so that no session from before is kept.
            let nickname = person.profile().map(|profile| profile.nickname().to_string());
            format!("signed in: {}, {}", nickname.unwrap_or_default(), person.identity().openid())
        }
        Ok(SignedIn::Snapshot(_)) => "a snapshot page shows you around; continue to sign in".to_owned(),
        // The person is signed in all the same; only their profile could not be read.
        Err(Error::ProfileUnread { grant, .. }) => format!("signed in: {}", grant.openid()),
        Err(error) => match error.advice() {
            Advice::RestartAuthorization => format!("please sign in again: {error}"),
            Advice::RetryLater => format!("please try again in a minute: {error}"),
            Advice::TurnAway => format!("no sign-in this time: {error}"), // refused, or restricted by WeChat
            Advice::AskUserinfoConsent => format!("please agree to show your profile: {error}"),
            Advice::Refresh | Advice::RenewComponentToken | Advice::FixConfiguration => {
                format!("our fault, and in our log: {error}")
            }
        },
    }
}
