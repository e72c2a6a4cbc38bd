//! The kit finds what is planted, each fault by the cases that are about it, and nothing in a client without any.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it does")]

mod fake;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fake::Fake;
use wechat_oauth_conformance::{Case, Options, Report, Verdict, cases, run};

/// The planted faults, and the cases that each is found by.
const PLANTS: &[(&str, &[&str])] = &[
    // Time: first, since these wait while the others are played.
    (
        "waits",
        &[
            "exchange-hangs",
            "profile-hangs",
            "exchange-byte-by-byte",
            "exchange-without-end",
            "exchange-one-byte-short",
            "renewal-hangs",
        ],
    ),
    // Identity.
    ("nobody-let-in", &["plain-login", "plain-login-base", "plain-login-website"]),
    ("person-cached", &["two-people-at-once", "next-person-in-the-same-browser"]),
    (
        "profile-believed",
        &[
            "openid-swapped-in-profile",
            "profile-of-another-person",
            "no-openid-in-profile",
            "openid-with-bytes-of-no-id-in-profile",
            "profile-of-nobody",
        ],
    ),
    ("unionid-believed", &["unionid-swapped-in-profile"]),
    (
        "openid-as-it-comes",
        &[
            "no-openid-in-grant",
            "no-openid-in-grant-base",
            "openid-empty",
            "openid-empty-base",
            "openid-null",
            "openid-null-base",
            "openid-a-number",
            "openid-a-number-base",
        ],
    ),
    ("any-openid", &["openid-with-bytes-of-no-id", "openid-with-bytes-of-no-id-base"]),
    ("last-key", &["openid-twice", "openid-twice-base", "openid-twice-escaped", "openid-twice-escaped-base"]),
    ("last-key-of-profile", &["openid-twice-in-profile"]),
    ("account-by-unionid", &["unionid-never-comes", "unionid-comes-later"]),
    // Snapshot visitors.
    (
        "snapshot-ignored",
        &[
            "snapshot-visitor",
            "snapshot-flag-as-text",
            "snapshot-flag-true",
            "snapshot-flag-of-tomorrow",
            "snapshot-visitor-base",
        ],
    ),
    ("snapshot-as-one", &["snapshot-flag-as-text", "snapshot-flag-true", "snapshot-flag-of-tomorrow"]),
    // State.
    (
        "state-ignored",
        &[
            "state-missing",
            "state-empty",
            "state-wrong",
            "state-where-no-login-began",
            "state-of-another-browser",
            "state-of-another-browser-while-signing-in",
            "state-cut-short",
            "state-in-other-case",
            "state-used-again",
            "stray-callback-spares-the-login",
        ],
    ),
    ("empty-state-skipped", &["state-missing", "state-empty"]),
    ("state-of-any-browser", &["state-of-another-browser", "state-of-another-browser-while-signing-in"]),
    ("first-state", &["state-twice-right-first"]),
    ("last-state", &["state-twice-right-last"]),
    ("state-prefix", &["state-cut-short"]),
    ("state-any-case", &["state-in-other-case"]),
    ("state-kept", &["state-used-again", "callback-twice", "callback-twice-with-two-codes"]),
    ("stray-ends-login", &["stray-callback-spares-the-login"]),
    (
        "state-fixed",
        &[
            "state-fixed",
            "state-guessable",
            "two-logins-in-one-browser",
            "state-of-another-browser-while-signing-in",
        ],
    ),
    ("state-counted", &["state-guessable"]),
    // The authorize URL.
    ("wrong-page", &["authorize-page", "authorize-page-takes-it", "authorize-page-takes-it-website"]),
    ("no-response-type", &["authorize-parameters", "authorize-page-takes-it"]),
    ("another-order", &["authorize-order", "authorize-page-takes-it", "authorize-page-takes-it-website"]),
    ("no-fragment", &["authorize-fragment"]),
    ("redirect-encoded-twice", &["authorize-redirect-uri"]),
    ("always-base", &["authorize-scope"]),
    ("always-userinfo", &["authorize-scope-base", "authorize-page-takes-it-website"]),
    ("state-with-dots", &["state-of-other-characters"]),
    ("state-long", &["state-too-long", "authorize-page-takes-it"]),
    // The callback.
    ("empty-code", &["refusal-without-code", "code-empty"]),
    ("authdeny-sent", &["refusal-as-code"]),
    ("crash-on-bare", &["callback-bare"]),
    ("first-code", &["code-twice", "code-twice-escaped"]),
    ("code-spliced", &["code-adds-a-parameter", "code-cuts-the-request"]),
    ("code-in-a-header", &["code-adds-a-header"]),
    ("crash-on-bytes", &["code-of-other-bytes"]),
    ("any-length", &["callback-of-30-kib"]),
    // Double delivery.
    ("done-anywhere", &["callback-shared"]),
    ("repeats-once-lost", &["lost-answer"]),
    ("repeats-everything", &["busy-and-spent", "busy-for-long", "exchange-redirected-to-itself"]),
    // Errors.
    (
        "believes-anything",
        &[
            "busy-once",
            "busy-for-long",
            "exchange-refused",
            "exchange-refused-without-errmsg",
            "exchange-errcode-as-text",
            "exchange-status-500",
            "exchange-empty",
            "exchange-html",
            "exchange-redirect-nowhere",
            "exchange-null",
            "exchange-list",
            "exchange-truncated",
            "exchange-reset",
            "access-token-missing",
            "access-token-a-number",
            "connection-refused",
        ],
    ),
    ("grant-beside-errcode", &["exchange-refused-with-grant"]),
    ("errcode-is-error", &["exchange-errcode-zero", "profile-errcode-zero"]),
    ("any-status", &["exchange-status-500-with-grant"]),
    (
        "profile-optional",
        &[
            "token-stale-once",
            "profile-refused",
            "profile-busy",
            "profile-not-granted",
            "profile-refused-without-errmsg",
            "profile-errcode-as-text",
            "profile-empty-body",
            "profile-html",
            "profile-null",
            "profile-status-500",
        ],
    ),
    // Tokens.
    ("any-expiry", &["expiry-negative", "expiry-zero", "expiry-beyond-time"]),
    ("never-renews", &["renewal", "renewal-with-new-refresh-token"]),
    ("old-refresh-token", &["renewal-with-new-refresh-token"]),
    ("renewal-believed", &["renewal-of-another-person"]),
    (
        "renews-by-itself",
        &["renewal-refused", "renewal-after-thirty-days", "renewal-while-busy", "renewal-of-html"],
    ),
    ("grant-lost", &["renewal-while-busy", "renewal-of-html"]),
    ("secret-everywhere", &["secret-where-none-is-wanted"]),
    // Encodings.
    ("latin-1", &["nickname-exact"]),
    (
        "strict-json",
        &["nickname-with-control-bytes", "nickname-of-broken-utf-8", "nickname-with-half-an-emoji"],
    ),
    ("scope-exact", &["scope-ends-in-a-comma", "scope-missing"]),
    (
        "prints-raw",
        &[
            "nickname-forges-the-log",
            "errmsg-forges-the-log",
            "errmsg-of-32-kib",
            "errmsg-quotes-the-request",
        ],
    ),
    // Sizes.
    ("no-limit", &["exchange-of-64-mib", "profile-of-64-mib"]),
    ("unpacks", &["gzip-bomb"]),
    ("crash-on-deep", &["json-60000-deep"]),
    ("crash-on-wide", &["json-of-10000-members"]),
    // Redirects.
    (
        "follows-redirects",
        &[
            "exchange-redirected-301",
            "exchange-redirected-302",
            "exchange-redirected-307",
            "exchange-redirected-308",
            "exchange-redirected-to-itself",
            "profile-redirected",
            "renewal-redirected",
        ],
    ),
    // Leaks.
    ("prints-url", &["connection-refused", "exchange-reset", "exchange-truncated"]),
    ("prints-secret", &["printed-while-signing-in", "printed-after-a-login", "printed-after-an-error"]),
    ("prints-callback", &["printed-after-a-forged-callback"]),
    ("prints-body", &["gateway-quotes-the-request", "gateway-quotes-the-token"]),
];

/// Cases that wait do so beside the others.
const JOBS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Generous, for machines that do much else; it is waited for in the few cases where nothing comes.
const DEADLINE: Duration = Duration::from_secs(8);

fn play(plant: &'static str, only: &[&str]) -> Report {
    let only = only.iter().map(|name| (*name).to_owned()).collect();
    run(&Fake { plant }, &Options { only, jobs: JOBS, timeout: DEADLINE }).unwrap()
}

#[test]
fn a_client_without_a_fault_is_safe_in_every_case() {
    let report = play("", &[]);
    for case in &report.cases {
        assert_eq!(
            case.verdict,
            Verdict::Safe,
            "{}: {:?}\n{}",
            case.name,
            case.reason,
            case.transcript.join("\n")
        );
    }
    assert_eq!((report.client.as_str(), report.totals.safe), ("fake", cases().len()));
}

#[test]
fn each_planted_fault_is_found_by_the_cases_about_it() {
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..JOBS.get() {
            scope.spawn(|| {
                while let Some((plant, about)) = PLANTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for case in play(plant, about).cases {
                        if case.verdict != Verdict::Unsafe {
                            let said = case.transcript.join("\n");
                            let line = format!("{} does not find {plant}:\n{said}", case.name);
                            missed.lock().unwrap().push(line);
                        }
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn every_case_finds_something() {
    let finds: BTreeSet<&str> = PLANTS.iter().flat_map(|(_, about)| about.iter().copied()).collect();
    let all: BTreeSet<&str> = cases().iter().map(Case::name).collect();
    assert_eq!(finds, all);
}
