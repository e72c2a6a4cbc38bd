//! An exchange over loopback: by the transports, and by their bare HTTP clients with the same limits. The core reads
//! the answer on both sides, so that the difference is what a transport adds.

use std::io::Read as _;
use std::time::Duration;

use tokio::runtime::Runtime;
use wechat_oauth_core::{App, Call, Endpoints, Exchanged, MAX_BODY};

use crate::sample::Sample;
use crate::{ours, repeat};

const TIMEOUT: Duration = Duration::from_secs(5);

fn app(sample: &Sample) -> App {
    ours::app(sample).at(Endpoints::emulator(&sample.server).expect("on loopback"))
}

fn call(app: &App, sample: &Sample) -> Call<Exchanged> {
    app.exchange(ours::code(sample)).expect("the app has its secret")
}

pub(crate) fn ureq_ours(sample: &Sample, times: usize) {
    let app = app(sample);
    let client = wechat_oauth_ureq::Client::for_app(&app).expect("no TLS is needed").timeout(TIMEOUT);
    repeat(times, || call(&app, sample), |call| client.send(call).expect("a grant"));
}

pub(crate) fn ureq_bare(sample: &Sample, times: usize) {
    let app = app(sample);
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .accept_encoding("")
        .proxy(None)
        .build()
        .new_agent();
    repeat(times, || call(&app, sample), |call| get_with_ureq(&agent, call));
}

fn get_with_ureq(agent: &ureq::Agent, call: Call<Exchanged>) -> Exchanged {
    let mut answer = agent.get(call.request().url().expose()).call().expect("an answer");
    let mut body = Vec::new();
    answer.body_mut().as_reader().take(MAX_BODY as u64).read_to_end(&mut body).expect("a body");
    call.read(&ours::response(&body)).expect("a grant")
}

pub(crate) fn reqwest_ours(sample: &Sample, times: usize) {
    let app = app(sample);
    let runtime = runtime();
    let client = wechat_oauth_reqwest::Client::for_app(&app).expect("no TLS is needed").timeout(TIMEOUT);
    repeat(times, || call(&app, sample), |call| runtime.block_on(client.send(call)).expect("a grant"));
}

pub(crate) fn reqwest_bare(sample: &Sample, times: usize) {
    let app = app(sample);
    let runtime = runtime();
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("no TLS is needed");
    repeat(times, || call(&app, sample), |call| runtime.block_on(get_with_reqwest(&client, call)));
}

async fn get_with_reqwest(client: &reqwest::Client, call: Call<Exchanged>) -> Exchanged {
    let mut answer = client.get(call.request().url().expose()).send().await.expect("an answer");
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.expect("a body") {
        body.extend_from_slice(&chunk);
        assert!(body.len() <= MAX_BODY);
    }
    call.read(&ours::response(&body)).expect("a grant")
}

/// One thread does all, so that one thread's instructions are all.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
