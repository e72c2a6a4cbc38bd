//! Sites with planted faults: each has to be found, and the site without any must pass.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;
use wechat_oauth_rig::SIGNED_IN;
use wechat_oauth_store::Keyring;

use crate::login::Stage;
use crate::phase::Phase;
use crate::phone::Phone;
use crate::process::Process;
use crate::script::Script;
use crate::site::site;
use crate::stop::Stop;
use crate::truth::{self, Truth};
use crate::wechat::{NewScript, WeChat};

const SEED: u64 = 7;
const LOGINS: u64 = 200;
const AT_ONCE: usize = 100;
const PATIENCE: Duration = Duration::from_secs(1);
/// Every so many callbacks meet a planted fault.
const EVERY: u64 = 10;

/// Held by whatever looks at this process's memory or fills it.
static MEMORY: Mutex<()> = Mutex::new(());

pub(crate) fn memory() -> MutexGuard<'static, ()> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is wrong with a site that was made out of this one, and of another that shares nothing with it but the keyring.
fn wrong(deadline: Duration, plant: impl FnOnce(Router, Router) -> Router) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let wrong = runtime.block_on(async {
        let (wechat, listener, base_url) = WeChat::listen(SEED).unwrap();
        tokio::spawn(wechat.serve(listener));
        let world = truth::world(SEED).unwrap();
        let keyring = Keyring::generate().unwrap();
        let site = || site(&world, &base_url, PATIENCE, &keyring).unwrap();
        let script = Script { seed: SEED, faults: 30, loses_first: false };
        let stage = Stage {
            script,
            truth: Arc::new(Truth::of(&world)),
            phone: Phone::new(&base_url),
            site: plant(site(), site()),
            patience: PATIENCE,
            deadline,
        };
        stage.phone.follow(&NewScript { script, slow_ms: 100 }).await.unwrap();
        let phase = Phase::run("planted", stage, LOGINS, AT_ONCE, Process::own(), &Stop::default()).await;
        assert_eq!(phase.asked, LOGINS);
        phase.wrong
    });
    runtime.shutdown_background();
    wrong
}

fn patiently(plant: impl FnOnce(Router) -> Router) -> Vec<String> {
    wrong(Duration::from_secs(60), |site, _| plant(site))
}

/// Changes every tenth answer to a callback, counted from 1.
fn callbacks<F, R>(site: Router, change: F) -> Router
where
    F: Fn(u64, Response) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response> + Send,
{
    let count = Arc::new(AtomicU64::new(0));
    site.layer(from_fn(move |request: Request, next: Next| {
        let is_callback = request.uri().path().ends_with("/callback");
        let number = if is_callback { count.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        let change = change.clone();
        async move {
            let response = next.run(request).await;
            if is_callback { change(number, response).await } else { response }
        }
    }))
}

fn assert_found(wrong: &[String], complaint: &str) {
    assert!(wrong.iter().any(|wrong| wrong.contains(complaint)), "{wrong:?}");
}

#[test]
fn the_site_as_it_is_passes() {
    let _alone = memory();
    let wrong = patiently(|site| site);
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_cache_that_gives_somebody_anothers_answer_is_found() {
    let cached: Arc<Mutex<Option<HeaderMap>>> = Arc::default();
    let wrong = patiently(|site| {
        callbacks(site, move |number, mut response| {
            if response.headers().contains_key(SIGNED_IN) {
                let mut cached = cached.lock().unwrap();
                match cached.take().filter(|_| number % EVERY == 0) {
                    Some(before) => *response.headers_mut() = before,
                    None => *cached = Some(response.headers().clone()),
                }
            }
            std::future::ready(response)
        })
    });
    assert_found(&wrong, "signs in somebody else");
}

#[test]
fn a_session_that_is_given_to_two_browsers_is_found() {
    let sessions: Arc<Mutex<HashMap<String, HeaderValue>>> = Arc::default();
    let wrong = patiently(|site| {
        callbacks(site, move |number, mut response| {
            let mut sessions = sessions.lock().unwrap();
            // The cookie of the session, under the name that it has for each application.
            for cookie in response.headers_mut().iter_mut().filter(|(name, _)| *name == SET_COOKIE) {
                let Some((name, _)) = cookie.1.to_str().unwrap().split_once('=') else { continue };
                if name.starts_with("wechat-user") {
                    let other = sessions.insert(name.to_owned(), cookie.1.clone());
                    if let Some(other) = other.filter(|_| number % EVERY == 0) {
                        *cookie.1 = other;
                    }
                }
            }
            std::future::ready(response)
        })
    });
    assert_found(&wrong, "the session is somebody else's");
}

#[test]
fn a_session_that_is_lost_is_found() {
    let wrong = patiently(|site| {
        callbacks(site, |number, mut response| {
            if number.is_multiple_of(EVERY) {
                response.headers_mut().remove(SET_COOKIE);
            }
            std::future::ready(response)
        })
    });
    assert_found(&wrong, "nobody is");
}

#[test]
fn an_answer_that_says_nothing_is_found() {
    let wrong = patiently(|site| {
        callbacks(site, |number, response| {
            std::future::ready(if number.is_multiple_of(EVERY) { "".into_response() } else { response })
        })
    });
    assert_found(&wrong, "an answer without a type");
}

#[test]
fn an_answer_that_never_comes_is_found() {
    let wrong = wrong(Duration::from_secs(10), |site, _| {
        callbacks(site, |number, response| async move {
            if number.is_multiple_of(EVERY) {
                std::future::pending::<()>().await;
            }
            response
        })
    });
    assert_found(&wrong, "hangs");
}

#[test]
fn a_login_that_is_begun_again_for_nothing_is_found() {
    let wrong = patiently(|site| {
        callbacks(site.clone(), move |number, response| {
            let site = site.clone();
            async move {
                if number.is_multiple_of(EVERY) && response.headers().contains_key(SIGNED_IN) {
                    let again = Request::get("/wx0/login").header("user-agent", "MicroMessenger");
                    return site.oneshot(again.body(axum::body::Body::empty()).unwrap()).await.unwrap();
                }
                response
            }
        })
    });
    assert_found(&wrong, "Again, and not");
}

#[test]
fn a_state_that_is_exchanged_twice_is_found() {
    let wrong = wrong(Duration::from_secs(60), |one, other| {
        // Two replicas that share no store, taking turns.
        let turn = Arc::new(AtomicU64::new(0));
        one.layer(from_fn(move |request: Request, next: Next| {
            let (turn, other) = (turn.fetch_add(1, Ordering::Relaxed), other.clone());
            async move {
                if turn.is_multiple_of(2) {
                    next.run(request).await
                } else {
                    other.oneshot(request).await.unwrap()
                }
            }
        }))
    });
    assert_found(&wrong, "its state was exchanged twice");
}

#[test]
fn memory_that_leaks_is_found() {
    let _alone = memory();
    let leaked: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let wrong = patiently(|site| {
        callbacks(site, move |_, response| {
            leaked.lock().unwrap().push(vec![1; 1024 * 1024]);
            std::future::ready(response)
        })
    });
    assert_found(&wrong, "memory grew");
}
