//! The work done by `wechat-oauth-core`.

use wechat_oauth_core::{
    App, AppSecret, Call, Code, Grant, Login, Profile, ProfileLang, RedirectUri, Response, Scope, State,
    UnixTime,
};

use crate::sample::Sample;

/// The app.
#[must_use]
pub fn app(sample: &Sample) -> App {
    let secret = AppSecret::new(sample.secret.as_str()).expect("a secret");
    App::official_account(sample.appid.parse().expect("an appid"), secret)
}

/// The login, configured once.
#[must_use]
pub fn login(sample: &Sample) -> Login {
    let redirect_uri = RedirectUri::parse(&sample.redirect_uri).expect("a redirect URI");
    app(sample).login(Scope::UserInfo, &redirect_uri).build().expect("a login")
}

/// The state.
#[must_use]
pub fn state(sample: &Sample) -> State {
    State::new(&sample.state).expect("a state")
}

/// The code, out of the callback.
#[must_use]
pub fn code(sample: &Sample) -> Code {
    login(sample).begin(state(sample)).1.accept(&sample.callback).expect("our state")
}

/// The answer as a transport hands it over.
#[must_use]
pub const fn response(body: &[u8]) -> Response<'_> {
    Response::new(200, body, UnixTime::from_secs(1_790_000_000))
}

/// Request, answer (a copy, as from an HTTP client) and grant.
pub fn exchange(app: &App, code: Code, sample: &Sample) -> Grant {
    let call = app.exchange(code).expect("the app has its secret");
    assert!(!call.request().url().expose().is_empty());
    let body = sample.tokens.clone();
    call.read(&response(&body)).expect("a grant").into_grant().expect("no snapshot")
}

/// The profile's request.
pub fn profile_call(app: &App, grant: &Grant) -> Call<Profile> {
    app.profile(grant, ProfileLang::default()).expect("the scope allows it")
}

/// The profile out of its answer.
#[must_use]
pub fn read_profile(call: Call<Profile>, sample: &Sample) -> Profile {
    call.read(&response(&sample.profile)).expect("a profile")
}

/// A whole login, without the sending.
pub fn flow(app: &App, login: &Login, state: State, sample: &Sample) -> (String, Grant, Profile) {
    let (url, pending) = login.begin(state);
    let code = pending.accept(&sample.callback).expect("our state");
    let grant = exchange(app, code, sample);
    let call = profile_call(app, &grant);
    let body = sample.profile.clone();
    let profile = call.read(&response(&body)).expect("a profile");
    (url.into_string(), grant, profile)
}
