//! A third-party platform (第三方平台) signs people in on behalf of an official account that authorized it.
//!
//! The platform never sees the account's secret. It has a token of its own, the `component_access_token`, which changes
//! every two hours: so it is not part of the `App`, but comes with each call.
//!
//! ```sh
//! cargo run -p examples --example component
//! ```

use std::error::Error as StdError;

use wechat_oauth::{
    Advice, App, ComponentAccessToken, Endpoints, Error, RedirectUri, Scope, SignedIn, fresh_state, ureq,
};
use wechat_oauth_emulator::{AccountKind, Emulator};

fn main() -> Result<(), Box<dyn StdError>> {
    let emulator = Emulator::builder().auto_consent(true).start()?;
    let account = examples::account(&emulator, AccountKind::Component)?;
    let component_appid = account.component_appid.ok_or("a component has an appid of its own")?;

    // One for each official account. Without `.at(...)` it is WeChat itself.
    let app = App::component(account.appid.parse()?, component_appid.parse()?)
        .at(Endpoints::emulator(emulator.base_url())?);
    let client = ureq::Client::for_app(&app)?;

    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback")?;
    let (url, pending) = app.login(Scope::UserInfo, &redirect_uri).build()?.begin(fresh_state()?);
    let callback = examples::visit(&url)?;
    let code = pending.accept(&callback)?; // looks at `appid` too, which a component's callback has
    println!("the callback is for {}", app.account().appid());

    let with_token = app.clone().with_component_token(current_token(&emulator)?);
    let grant = match client.run(with_token.sign_in(code)?)? {
        SignedIn::Person(person) => person.grant().clone(),
        SignedIn::Snapshot(_) => return Err("a visitor of a snapshot page: nobody".into()),
    };
    println!("{} signed in to {}", grant.openid(), grant.identity().appid());

    // Later the grant is renewed, and in the meantime the platform's token changed.
    renew_token(&emulator)?;
    let grant = match client.run(with_token.renew(&grant)?) {
        Err(Error::Refused(refusal)) if refusal.advice() == Advice::RenewComponentToken => {
            println!("refused with {}: the platform's own token is stale", refusal.errcode());
            let with_token = app.with_component_token(current_token(&emulator)?);
            client.run(with_token.renew(&grant)?)?
        }
        other => other?,
    };
    println!("renewed the grant of {}", grant.openid());
    Ok(())
}

/// Wherever the platform keeps its token: one process gets it from WeChat, all others read it.
fn current_token(emulator: &Emulator) -> Result<ComponentAccessToken, Box<dyn StdError>> {
    let account = examples::account(emulator, AccountKind::Component)?;
    Ok(ComponentAccessToken::new(account.component_access_token.ok_or("a component has a token")?)?)
}

/// Two hours pass for the platform's token alone.
fn renew_token(emulator: &Emulator) -> Result<(), Box<dyn StdError>> {
    let account = examples::account(emulator, AccountKind::Component)?;
    let body = serde_json::json!({ "appid": account.appid }).to_string();
    ::ureq::post(format!("{}/_emulator/component-token", emulator.base_url())).send(body)?;
    Ok(())
}
