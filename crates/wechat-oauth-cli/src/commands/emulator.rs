//! `emulator`: a WeChat on this machine.

use std::fmt::Write as _;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use wechat_oauth_emulator::{Emulator, EmulatorBuilder, Misbehaviour, StartError, WorldFile};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::Lang;
use crate::stop::{self, Stop};
use crate::{input, output};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth emulator
  wechat-oauth emulator --listen 127.0.0.1:8787 --auto-consent
  wechat-oauth emulator --list-misbehaviours

A world file; what an account or a person leaves out is made up:
  {\"accounts\":[{\"kind\":\"website\",\"domain\":\"www.example.com\"}],\"users\":[{\"id\":\"lily\",\"nickname\":\"Lily\"}]}

The first line on standard output is JSON: where it listens, and each account's appid and secret. Its control page is \
at the base URL. It ends with Ctrl-C.";

#[derive(Debug, Args)]
pub(crate) struct EmulatorArgs {
    /// Where to listen, on loopback; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// A JSON file with the accounts and people [default: one account of each kind, and a few people]
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Answer every consent page with yes
    #[arg(long)]
    auto_consent: bool,

    /// Who it is that consents: an openid or a user's id [default: the first user]
    #[arg(long, value_name = "OPENID", requires = "auto_consent")]
    user: Option<String>,

    /// Show the official page only to WeChat's own browser, as WeChat does
    #[arg(long)]
    wechat_only: bool,

    /// Take the parameters of the authorize pages in any order
    #[arg(long)]
    any_order: bool,

    /// Print the names of what it can do wrong, and exit
    #[arg(long)]
    list_misbehaviours: bool,
}

pub(crate) fn run(args: &EmulatorArgs) -> Result<Exit, Failure> {
    if args.list_misbehaviours {
        return Ok(output::ended(output::print(misbehaviours(Lang::from_environment())), Exit::Ok));
    }
    let mut builder = Emulator::builder()
        .listen(args.listen)
        .auto_consent(args.auto_consent)
        .wechat_only(args.wechat_only)
        .any_order(args.any_order);
    if let Some(user) = &args.user {
        builder = builder.holder(user);
    }
    if let Some(path) = &args.world {
        builder = builder.world(world_file(path)?);
    }
    let runtime = stop::runtime()?;
    let mut stop = runtime.block_on(async { Stop::listen() })?;
    let emulator = start(builder)?;
    let announced = output::print_json(&emulator.announcement());
    if announced.is_ok() {
        runtime.block_on(stop.said());
    }
    drop(emulator);
    Ok(output::ended(announced, Exit::Ok))
}

pub(crate) fn start(builder: EmulatorBuilder) -> Result<Emulator, Failure> {
    builder.start().map_err(|error: StartError| Failure::configuration("emulator", error.to_string()))
}

fn world_file(path: &Path) -> Result<WorldFile, Failure> {
    /// Ten thousand people need less.
    const MAX_WORLD: usize = 4 * 1024 * 1024;
    let failed = |what: String| Failure::configuration("world", format!("the world file {what}"));
    let bytes = File::open(path)
        .and_then(|file| input::read(file, MAX_WORLD))
        .map_err(|error| failed(format!("cannot be read: {error}")))?;
    if bytes.len() > MAX_WORLD {
        return Err(failed("is longer than 4 MiB".to_owned()));
    }
    let text = input::text(&bytes).ok_or_else(|| failed("is not text".to_owned()))?;
    WorldFile::from_json(&text).map_err(|error| Failure::configuration("world", error.to_string()))
}

/// A line each: the name, and what happens.
fn misbehaviours(lang: Lang) -> String {
    let longest = Misbehaviour::ALL.iter().map(|misbehaviour| misbehaviour.as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for misbehaviour in Misbehaviour::ALL {
        let (name, what) = (misbehaviour.as_str(), lang.pick(misbehaviour.chinese(), misbehaviour.english()));
        let _infallible = writeln!(text, "{name:longest$}  {what}");
    }
    text.truncate(text.trim_end().len());
    text
}
