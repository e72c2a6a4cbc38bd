//! `demo`: a WeChat and a site that signs people in with it, both on this machine.

use std::net::SocketAddr;

use clap::Args;
use serde::Serialize;
use wechat_oauth_emulator::Emulator;

use crate::commands::emulator;
use crate::demo::{Listeners, Site, walk};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::Lang;
use crate::output;
use crate::stop::{self, Stop};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth demo
  wechat-oauth demo --once
  wechat-oauth demo --listen 127.0.0.1:8080

Open the site in a browser and press its button. The site is on localhost and the emulator on 127.0.0.1, which are two \
sites to a browser. Both end with Ctrl-C.";

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the site listens, 127.0.0.1 or [::1]; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Walk the login without a browser, print each step and the profile, and exit
    #[arg(long)]
    once: bool,

    /// Print where both are as one line of JSON, before anything else
    #[arg(long)]
    json: bool,

    /// Answer every consent page with yes
    #[arg(long)]
    auto_consent: bool,
}

#[derive(Serialize)]
struct Addresses<'a> {
    site_url: &'a str,
    emulator_url: &'a str,
}

pub(crate) fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    let runtime = stop::runtime()?;
    let emulator = emulator::start(Emulator::builder().auto_consent(args.auto_consent))?;
    let exit = runtime.block_on(serve(args, &emulator));
    // What is still being served is served no longer.
    runtime.shutdown_background();
    exit
}

async fn serve(args: &DemoArgs, emulator: &Emulator) -> Result<Exit, Failure> {
    let mut stop = Stop::listen()?;
    let listeners = Listeners::bind(args.listen)?;
    let (site_url, router) = Site::start(listeners.port, &emulator.announcement())?;
    for socket in listeners.sockets {
        let socket = tokio::net::TcpListener::from_std(socket)
            .map_err(|error| Failure::configuration("listen", format!("the site cannot listen: {error}")))?;
        let router = router.clone();
        tokio::spawn(async move { axum::serve(socket, router).await });
    }

    let addresses = Addresses { site_url: &site_url, emulator_url: emulator.base_url() };
    let printed = if args.json {
        output::print_json(&addresses)
    } else {
        output::print(format_args!(
            "The sample site      {site_url}/\nThe emulated WeChat  {}/\n",
            emulator.base_url()
        ))
    };
    if printed.is_err() {
        return Ok(output::ended(printed, Exit::Ok));
    }
    if args.once {
        tokio::select! {
            walked = walk(&site_url, emulator.base_url(), Lang::from_environment()) => walked.map(|()| Exit::Ok),
            () = stop.said() => Err(Failure::configuration("stopped", "stopped before the login was done")),
        }
    } else {
        output::tell("Open the sample site in a browser. Ctrl-C ends both.");
        stop.said().await;
        Ok(Exit::Ok)
    }
}
