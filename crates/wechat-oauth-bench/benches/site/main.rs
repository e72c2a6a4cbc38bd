//! A whole login through a site and the emulator: `wechat-oauth-axum` beside a handler written by hand that sends the
//! same two requests with bare reqwest.
//!
//! Both are in this process, with the same driver, and take turns in batches, so that what changes on the machine
//! changes both. Time depends on the machine; the ratio of two batches, one after the other, hardly does.
//!
//! `site` compares; `site SIDE LOGINS` lets one side do so many logins, for a profiler.
#![allow(clippy::expect_used, clippy::panic)] // a benchmark whose work fails must stop

mod bare;
mod driver;
mod ours;

use std::env;
use std::time::Instant;

use axum::Router;
use axum::serve::ListenerExt as _;
use driver::Driver;
use tokio::net::TcpListener;
use wechat_oauth_bench::measure::processor_time;
use wechat_oauth_bench::results::{self, Measured};
use wechat_oauth_emulator::{AccountKind, Emulator};

/// How many logins a batch has, and how many of them are under way at a time.
const LOGINS: usize = 1_000;
const AT_ONCE: usize = 16;
/// How many batches each side has; one more before them fills pools and caches.
const BATCHES: usize = 15;
/// The lowest ratio that is aimed at.
const GOAL: f64 = 0.98;

/// What a batch took.
#[derive(Debug, Clone, Copy)]
struct Batch {
    /// Logins a second.
    rate: f64,
    /// Microseconds of processor time of the whole process, a login: what other programs do hardly changes it.
    processor: f64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // Cargo says `--bench`.
        [] | ["--bench"] => runtime.block_on(compare()),
        [side, logins] => runtime.block_on(one_side(side, logins.parse().expect("a number"))),
        _ => panic!("site takes no argument, or a side and a number of logins"),
    }
}

/// Both sides, at one emulator, which has to be kept.
async fn sides() -> (Emulator, [Driver; 2]) {
    let emulator = Emulator::builder().auto_consent(true).start().expect("a free port");
    let announced = emulator.announcement();
    let account = announced.accounts.iter().find(|account| account.kind == AccountKind::OfficialAccount);
    let account = account.expect("the default world has one");
    let ours = Driver::new(serve(|origin| ours::site(account, emulator.base_url(), origin)).await);
    let bare = Driver::new(serve(|origin| bare::site(account, emulator.base_url(), origin)).await);
    (emulator, [ours, bare])
}

async fn one_side(side: &str, logins: usize) {
    let (_emulator, [ours, bare]) = sides().await;
    let driver = match side {
        "ours" => ours,
        "bare" => bare,
        _ => panic!("the sides are ours and bare"),
    };
    driver.logins(logins, AT_ONCE).await;
}

async fn compare() {
    let (_emulator, [ours, bare]) = sides().await;
    let mut batches = Vec::new();
    for number in 0..=BATCHES {
        // Whoever is second finds the machine as the other one left it: they take turns in that too.
        let pair = if number % 2 == 0 {
            let first = measure(&ours).await;
            [first, measure(&bare).await]
        } else {
            let first = measure(&bare).await;
            [measure(&ours).await, first]
        };
        if number > 0 {
            batches.push(pair);
        }
    }
    print(&batches);
    let pairs: Vec<[f64; 2]> = batches.iter().map(|pair| pair.map(|batch| 1e6 / batch.processor)).collect();
    let unit = "logins a second of processor";
    let logins = Measured::new("B8", "whole login over HTTP", "bare axum and reqwest", unit, &pairs);
    results::write("site", &[logins.at_least(GOAL)]);
}

/// Serves a site, and says where: its origin.
async fn serve(site: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("it listens"));
    let site = site(&origin);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(async move { axum::serve(listener, site).await });
    origin
}

async fn measure(driver: &Driver) -> Batch {
    let (began, used) = (Instant::now(), processor_time());
    driver.logins(LOGINS, AT_ONCE).await;
    let logins = LOGINS as f64;
    Batch {
        rate: logins / began.elapsed().as_secs_f64(),
        processor: (processor_time() - used) * 1e6 / logins,
    }
}

fn print(batches: &[[Batch; 2]]) {
    println!(
        "Whole logins through site and emulator, {BATCHES} batches of {LOGINS} each, {AT_ONCE} at once:\n"
    );
    println!(
        "| measured | ours | bare axum and reqwest | ours to bare | goal |\n| --- | --- | --- | --- | --- |"
    );
    let row = |what: &str, value: fn(&Batch) -> f64, ratio: fn(&[Batch; 2]) -> f64| {
        let side = |side: usize| spread(batches.iter().map(|pair| value(&pair[side])).collect(), 0);
        let ratios: Vec<f64> = batches.iter().map(ratio).collect();
        let missed = if median(&mut ratios.clone()) < GOAL { " (missed)" } else { "" };
        println!("| {what} | {} | {} | {} | ≥ {GOAL}{missed} |", side(0), side(1), spread(ratios, 3));
    };
    row("logins a second", |batch| batch.rate, |[ours, bare]| ours.rate / bare.rate);
    row("processor µs a login", |batch| batch.processor, |[ours, bare]| bare.processor / ours.processor);
}

/// The median, with the least and the most.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    let median = median(&mut values);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// The one in the middle; they are in order afterwards.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
