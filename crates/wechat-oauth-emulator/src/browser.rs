//! What a browser sees: the authorize pages, the answers to their forms, and where they lead.

use serde_json::json;
use wechat_oauth_core::{Scope, UnixTime, UntrustedText};

use crate::account::Account;
use crate::authorize::{self, Ask};
use crate::control;
use crate::endpoint::Endpoint;
use crate::login::{Answer, Login, Stage};
use crate::message::{Params, Reply, Request};
use crate::misbehaviour::Misbehaviour;
use crate::page_error::{PageError, Words};
use crate::pages::{self, Frame, Lang, Page, PhoneStage, QrLook};
use crate::user::User;
use crate::world::World;

/// The cookie that says who holds the phone: a user's id.
pub(crate) const HOLDER_COOKIE: &str = "emulator_user";

/// An authorize page: a redirect where nobody has to be asked, else a page.
///
/// Also given: the number of an error page and the misbehaviour, for the log.
pub(crate) fn authorize(
    world: &mut World,
    endpoint: Endpoint,
    request: &Request,
    now: UnixTime,
) -> (Reply, Option<i64>, Option<Misbehaviour>) {
    if !request.method.reads() {
        return (method_not_allowed(), None, None);
    }
    let from_wechat = request.header("user-agent").is_some_and(|agent| agent.contains("MicroMessenger"));
    if world.options.wechat_only && endpoint == Endpoint::Authorize && !from_wechat {
        let nonce = nonce(world, now);
        let page = pages::wechat_only(&pages::WechatOnlyView { frame: frame(request, &nonce) });
        return (html(page), None, None);
    }
    let ask = match authorize::read(world, endpoint, &request.query) {
        Ok(ask) => ask,
        Err(error) => {
            let code = error.code;
            return (error_page(world, request, &error, now), code, None);
        }
    };
    let misbehaviour = world.take_misbehaviour(endpoint, Some(&ask.appid));
    if let Some(error) = misbehaviour.and_then(error_of) {
        return (error_page(world, request, &error, now), error.code, misbehaviour);
    }
    (ask_person(world, endpoint, request, ask, misbehaviour, now), None, misbehaviour)
}

/// The error page that a misbehaviour is.
pub(crate) fn error_of(misbehaviour: Misbehaviour) -> Option<PageError> {
    match misbehaviour {
        Misbehaviour::TooFrequent => Some(PageError::too_frequent()),
        Misbehaviour::AccountBanned => Some(PageError::account_banned()),
        _ => None,
    }
}

fn ask_person(
    world: &mut World,
    endpoint: Endpoint,
    request: &Request,
    ask: Ask,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> Reply {
    let user = world.holder(request).id.clone();
    let only_a_snapshot = world.only_a_snapshot(&ask, &user);
    let question = match ask.scope {
        Scope::Login => Some(Question::Qr),
        Scope::Base => None,
        // Who agreed before is not asked again, and that silence comes before the snapshot page.
        Scope::UserInfo if only_a_snapshot => Some(Question::Snapshot),
        Scope::UserInfo if world.remembers(&ask, &user) && !ask.asks_again => None,
        Scope::UserInfo if ask.as_snapshot => Some(Question::Snapshot),
        Scope::UserInfo => Some(Question::Consent),
    };
    match question {
        Some(question) if !world.options.auto_consent => {
            let tx = world.begin(endpoint, ask, user, misbehaviour, now);
            show_question(world, question, request, &tx, now)
        }
        question => {
            let answer = if question == Some(Question::Snapshot) { Answer::Snapshot } else { Answer::Allow };
            match world.answered(&ask, &user, answer, misbehaviour, now) {
                Stage::Confirmed(callbacks) => leave(world, request, &callbacks, now),
                _ => error_page(world, request, &PageError::expired(), now),
            }
        }
    }
}

/// What a person is asked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Consent,
    Snapshot,
    Qr,
}

fn show_question(world: &mut World, question: Question, request: &Request, tx: &str, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    let frame = frame(request, &nonce);
    let Some((_, account, user)) = parts(world, tx, now) else {
        return error_page(world, request, &PageError::expired(), now);
    };
    let avatar = user.avatar_path().unwrap_or_default();
    let page = match question {
        Question::Consent => pages::consent(&pages::ConsentView {
            frame,
            tx,
            account: account_card(account),
            person: person_card(user, &avatar),
        }),
        Question::Snapshot => pages::snapshot(&pages::SnapshotView {
            frame,
            tx,
            account: account_card(account),
            visitor: pages::PersonCard {
                id: "",
                nickname: UntrustedText::from(frame.lang.pick("微信用户", "WeChat user").to_owned()),
                avatar: "",
            },
            person: (!user.snapshot).then(|| person_card(user, &avatar)),
        }),
        Question::Qr => {
            let params = Params::parse(&request.query);
            let look = match (authorize::is_embedded(&params), params.get("style")) {
                (true, Some("white")) => QrLook::EmbeddedWhite,
                (true, _) => QrLook::EmbeddedBlack,
                (false, _) => QrLook::Whole,
            };
            let svg = qr_svg(&format!("{}/_emulator/phone/{tx}", world.base_url));
            pages::qr(&pages::QrView {
                frame,
                tx,
                account: account_card(account),
                qr_svg: &svg,
                look,
                redirects_itself: look == QrLook::Whole || params.get("self_redirect") == Some("true"),
            })
        }
    };
    html(page)
}

/// The answer to the consent page or the snapshot page.
pub(crate) fn consent(world: &mut World, request: &Request, now: UnixTime) -> Reply {
    let params = request.params();
    let (Some(tx), Some(answer)) = (params.get("tx"), params.get("answer").and_then(Answer::named)) else {
        return bad_form("tx and answer (allow, deny or snapshot)");
    };
    let Some(login) = world.logins.get(tx, now).filter(|login| login.page == Endpoint::Authorize) else {
        return error_page(world, request, &PageError::expired(), now);
    };
    match world.settle(tx, &login.user, answer, now) {
        Some(Stage::Confirmed(callbacks)) if callbacks.len() == 1 => redirect(302, &callbacks[0]),
        Some(Stage::Confirmed(_)) => redirect(303, &format!("/_emulator/double/{tx}")),
        Some(Stage::Refused(Some(callback))) => redirect(302, &callback),
        Some(Stage::Refused(None)) => redirect(303, &format!("/_emulator/refused/{tx}")),
        _ => error_page(world, request, &PageError::expired(), now),
    }
}

/// The page after a refusal that tells the app nothing.
pub(crate) fn refused(world: &mut World, request: &Request, tx: &str, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    match parts(world, tx, now) {
        Some((Login { stage: Stage::Refused(None), .. }, account, _)) => {
            html(pages::refused(&pages::RefusedView {
                frame: frame(request, &nonce),
                account: account_card(account),
            }))
        }
        _ => error_page(world, request, &PageError::expired(), now),
    }
}

/// The page that delivers a callback twice.
pub(crate) fn double(world: &mut World, request: &Request, tx: &str, now: UnixTime) -> Reply {
    match world.logins.get(tx, now).map(|login| login.stage) {
        Some(Stage::Confirmed(callbacks)) => leave(world, request, &callbacks, now),
        _ => error_page(world, request, &PageError::expired(), now),
    }
}

/// How far a login by QR code is, for the page that shows the code.
pub(crate) fn poll(world: &World, tx: &str, now: UnixTime) -> Reply {
    let Some(login) = world.logins.get(tx, now).filter(|login| login.page == Endpoint::Qrconnect) else {
        return control::document(404, &json!({"error": "no such login"}));
    };
    let (status, redirect) = match login.stage {
        Stage::Waiting => ("waiting", None),
        Stage::Scanned => ("scanned", None),
        Stage::Confirmed(callbacks) if callbacks.len() == 1 => ("confirmed", callbacks.into_iter().next()),
        Stage::Confirmed(_) => ("confirmed", Some(format!("{}/_emulator/double/{tx}", world.base_url))),
        Stage::Refused(callback) => ("refused", callback),
        Stage::Expired => ("expired", None),
    };
    control::document(200, &json!({"status": status, "redirect": redirect}))
}

/// The page that plays the phone.
pub(crate) fn phone(world: &mut World, request: &Request, tx: &str, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    let Some((login, account, _)) =
        parts(world, tx, now).filter(|(login, ..)| login.page == Endpoint::Qrconnect)
    else {
        return error_page(world, request, &PageError::expired(), now);
    };
    let stage = match login.stage {
        Stage::Waiting => PhoneStage::Waiting,
        Stage::Scanned => PhoneStage::Scanned,
        Stage::Confirmed(_) => PhoneStage::Confirmed,
        Stage::Refused(_) => PhoneStage::Refused,
        Stage::Expired => PhoneStage::Expired,
    };
    let holder = match stage {
        PhoneStage::Waiting => &world.holder(request).id,
        _ => &login.user,
    };
    let avatars: Vec<_> = world.users().iter().map(|user| user.avatar_path().unwrap_or_default()).collect();
    let people = world.users().iter().zip(&avatars).map(|(user, avatar)| person_card(user, avatar)).collect();
    html(pages::phone(&pages::PhoneView {
        frame: frame(request, &nonce),
        tx,
        account: account_card(account),
        people,
        holder,
        stage,
    }))
}

/// What the person does on the phone: scan, then allow or deny.
pub(crate) fn answer_phone(world: &mut World, request: &Request, tx: &str, now: UnixTime) -> Reply {
    let params = request.params();
    let Some(login) =
        world.logins.get(tx, now).filter(|login| login.page == Endpoint::Qrconnect && login.is_open())
    else {
        return error_page(world, request, &PageError::expired(), now);
    };
    let named = params.filled("user").and_then(|user| world.find_user(user));
    let user = match (params.filled("user"), named, &login.stage) {
        (Some(_), None, _) => return bad_form("the id of a user as user"),
        (_, Some(user), _) => user.id.clone(),
        // A second device, or a script that names nobody: whoever scanned goes on.
        (None, None, Stage::Scanned) => login.user.clone(),
        (None, None, _) => world.holder(request).id.clone(),
    };
    match params.get("answer") {
        Some("scan") => world.scan(tx, &user),
        Some(answer @ ("allow" | "deny")) => {
            let answer = if answer == "allow" { Answer::Allow } else { Answer::Deny };
            // Open a moment ago, and nothing happened since: it is settled.
            let _stage = world.settle(tx, &user, answer, now);
        }
        _ => return bad_form("answer: scan, allow or deny"),
    }
    redirect(303, &format!("/_emulator/phone/{tx}"))
}

/// The page of `/`.
pub(crate) fn home(world: &mut World, request: &Request, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    html(pages::home(&pages::HomeView { frame: frame(request, &nonce), base_url: &world.base_url }))
}

/// The control page.
pub(crate) fn control(world: &mut World, request: &Request, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    html(pages::control(&pages::ControlView { frame: frame(request, &nonce), base_url: &world.base_url }))
}

impl World {
    /// Who holds the phone: the person in the cookie, else the one the emulator was told, else the first.
    pub(crate) fn holder(&self, request: &Request) -> &User {
        let named = |name: &str| self.find_user(name);
        request
            .cookie(HOLDER_COOKIE)
            .and_then(named)
            .or_else(|| self.options.holder.as_deref().and_then(named))
            .unwrap_or_else(|| &self.users()[0])
    }

    fn remembers(&self, ask: &Ask, user: &str) -> bool {
        self.consents.widest(&ask.appid, user).is_some_and(|widest| widest >= ask.scope)
    }
}

/// A login with the account and the person it is about.
fn parts<'a>(world: &'a World, tx: &str, now: UnixTime) -> Option<(Login, &'a Account, &'a User)> {
    let login = world.logins.get(tx, now)?;
    let account = world.account(login.ask.appid.as_str())?;
    let user = world.user(&login.user)?;
    Some((login, account, user))
}

/// Sends the browser to its callback, or to both.
fn leave(world: &mut World, request: &Request, callbacks: &[String], now: UnixTime) -> Reply {
    match callbacks {
        [first, second, ..] => {
            let nonce = nonce(world, now);
            html(pages::double_callback(&pages::DoubleCallbackView {
                frame: frame(request, &nonce),
                first,
                second,
            }))
        }
        [only] => redirect(302, only),
        [] => error_page(world, request, &PageError::expired(), now),
    }
}

fn error_page(world: &mut World, request: &Request, error: &PageError, now: UnixTime) -> Reply {
    let nonce = nonce(world, now);
    let frame = frame(request, &nonce);
    let pick = |words: Words| frame.lang.pick(words.zh, words.en);
    let facts = error
        .facts
        .iter()
        .map(|(label, value)| pages::Fact { label: pick(label), value: UntrustedText::from(value.clone()) })
        .collect();
    html(pages::error(&pages::ErrorView {
        frame,
        code: error.code,
        title: pick(error.title),
        meaning: pick(error.meaning),
        remedy: pick(error.remedy),
        facts,
        embedded: authorize::is_embedded(&Params::parse(&request.query)),
    }))
}

fn nonce(world: &mut World, now: UnixTime) -> String {
    world.mint.opaque("nonce", now)
}

fn frame<'a>(request: &Request, nonce: &'a str) -> Frame<'a> {
    let params = Params::parse(&request.query);
    let lang =
        Lang::choose(params.get("lang"), request.cookie("emulator_lang"), request.header("accept-language"));
    Frame { lang, nonce }
}

fn account_card(account: &Account) -> pages::AccountCard<'_> {
    pages::AccountCard {
        name: UntrustedText::from(account.name.clone()),
        appid: account.appid.as_str(),
        component_appid: account.platform_credentials().map(|platform| platform.component_appid.as_str()),
    }
}

fn person_card<'a>(user: &'a User, avatar: &'a str) -> pages::PersonCard<'a> {
    pages::PersonCard { id: &user.id, nickname: UntrustedText::from(user.nickname.clone()), avatar }
}

fn html(page: Page) -> Reply {
    // A form that follows a page without a referrer would come from the origin "null" and be refused.
    no_store(Reply::new(200, "text/html; charset=utf-8", page.html))
        .with_header("Content-Security-Policy", page.content_security_policy)
        .with_header("Referrer-Policy", "same-origin")
        .with_header("X-Content-Type-Options", "nosniff")
}

fn redirect(status: u16, location: &str) -> Reply {
    let mut reply = Reply::new(status, "text/html; charset=utf-8", "");
    reply.headers.insert(0, ("Location", location.to_owned()));
    no_store(reply)
}

fn no_store(reply: Reply) -> Reply {
    reply.with_header("Cache-Control", "no-store")
}

fn bad_form(wanted: &str) -> Reply {
    no_store(Reply::new(400, "text/plain; charset=utf-8", format!("the form must have {wanted}\n")))
}

pub(crate) fn method_not_allowed() -> Reply {
    Reply::new(405, "text/plain; charset=utf-8", "only GET is allowed here\n")
        .with_header("Allow", "GET, HEAD")
}

/// The QR code as an SVG document. Addresses of this length always fit into one.
fn qr_svg(text: &str) -> String {
    qrcode::QrCode::new(text).map_or_else(
        |_| String::new(),
        |code| code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(280, 280).build(),
    )
}
