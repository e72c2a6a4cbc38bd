//! A real `redis-server` for one test.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to say that it listens. A loaded machine starts one in a second or two.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How often its log is looked at while it starts.
const START_POLL: Duration = Duration::from_millis(5);

/// How many ports are tried: another program may take a free one before the server does.
const PORTS: usize = 20;

/// What a server writes once it has read its data and listens.
const LISTENS: &str = "Ready to accept connections";

/// What a server writes when another program has its port.
const PORT_IS_TAKEN: &str = "Address already in use";

/// Starts a server, sends it the signals that are named on stdin, and kills it at the end of stdin. That end comes
/// however the test's process goes, even by SIGKILL: the system then closes the pipe. Stderr is the server's alone: it
/// ends when the server does.
const WARDEN: &str = r#"
trap '' HUP INT TERM
redis-server "$@" </dev/null >&2 &
server=$!
exec 2>/dev/null
while read -r signal; do
    kill -s "$signal" "$server"
    if [ "$signal" = KILL ]; then wait "$server"; fi
    echo done
done
kill -s KILL "$server"
wait "$server"
"#;

/// A real `redis-server` on a free port of this machine, with a folder of its own. Dropping it kills it and removes
/// the folder; it is killed too when the test's process ends in any other way.
///
/// Its methods fail with a message that says what to do when `redis-server` is missing.
#[derive(Debug)]
pub struct RedisServer {
    warden: Option<Warden>,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    starts: u32,
}

impl RedisServer {
    /// A server that keeps its data in memory only: a restart empties it.
    ///
    /// # Errors
    /// When `redis-server` is missing or does not start.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// A server that has written every change to its append-only file before it answers: a restart, and even a kill,
    /// loses nothing that was answered.
    ///
    /// # Errors
    /// When `redis-server` is missing or does not start.
    pub fn with_aof() -> io::Result<Self> {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// A server with further settings, as on its command line: `&["--requirepass", "hunter2"]`. `{port}` in one stands
    /// for the server's port: `&["--port", "0", "--tls-port", "{port}"]`.
    ///
    /// # Errors
    /// When `redis-server` is missing or does not start.
    pub fn start_with(settings: &[&str]) -> io::Result<Self> {
        let mut server = Self {
            warden: None,
            folder: tempfile::Builder::new().prefix("redis-").tempdir()?,
            port: 0,
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            starts: 0,
        };
        for _ in 0..PORTS {
            server.port = free_port()?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(io::Error::other(format!("{PORTS} free ports were taken before redis-server had them")))
    }

    /// Where it listens: `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1, the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder with its files: `dump.rdb` after a SAVE, `appendonlydir` of a server [with one](Self::with_aof),
    /// and its logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it as a hanging machine would: connections stay open and are not answered (SIGSTOP).
    ///
    /// # Errors
    /// When it is not running.
    pub fn pause(&mut self) -> io::Result<()> {
        self.signal("STOP")
    }

    /// Lets a paused one go on (SIGCONT).
    ///
    /// # Errors
    /// When it is not running.
    pub fn resume(&mut self) -> io::Result<()> {
        self.signal("CONT")
    }

    /// Kills it in the middle of whatever it does (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&mut self) -> io::Result<()> {
        self.signal("KILL")?;
        self.warden = None;
        Ok(())
    }

    /// Starts it again on the same port with what its folder holds, killing it first when it runs.
    ///
    /// # Errors
    /// When it does not start, or another program has taken its port.
    pub fn restart(&mut self) -> io::Result<()> {
        self.warden = None;
        if self.launch()? { Ok(()) } else { Err(io::Error::other("the port was taken during the restart")) }
    }

    /// Starts it and waits until it listens. Says no when its port is taken.
    fn launch(&mut self) -> io::Result<bool> {
        self.starts += 1;
        let log = self.folder().join(format!("redis-{}.log", self.starts));
        let warden = Warden::start(&self.arguments(&log))?;
        let started = Instant::now();
        loop {
            // In this order: when it has ended, it has written everything.
            let ended = warden.server_has_ended();
            let written = fs::read_to_string(&log).unwrap_or_default();
            if written.contains(LISTENS) {
                self.warden = Some(warden);
                return Ok(true);
            }
            if written.contains(PORT_IS_TAKEN) {
                return Ok(false);
            }
            if ended || started.elapsed() > START_TIMEOUT {
                let complaints = warden.end();
                let message = format!("redis-server did not start; it wrote:\n{written}{complaints}");
                return Err(io::Error::other(message));
            }
            thread::sleep(START_POLL);
        }
    }

    fn arguments(&self, log: &Path) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let port = self.port.to_string();
        let mut arguments: Vec<String> =
            ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--dir"].map(str::to_owned).into();
        arguments.extend([text(self.folder()), "--logfile".to_owned(), text(log)]);
        arguments.extend(self.settings.iter().map(|setting| setting.replace("{port}", &port)));
        arguments
    }

    fn signal(&mut self, name: &str) -> io::Result<()> {
        let warden = self.warden.as_mut().ok_or_else(|| io::Error::other("redis-server is not running"))?;
        warden.signal(name)
    }
}

/// The process that starts a server and kills it.
#[derive(Debug)]
struct Warden {
    process: Child,
    /// Closed when this is dropped, which ends the server.
    signals: Option<ChildStdin>,
    done: BufReader<ChildStdout>,
    /// What the server says before it has its log: that a setting is wrong. Read until it ends.
    complaints: Option<JoinHandle<String>>,
}

impl Warden {
    fn start(arguments: &[String]) -> io::Result<Self> {
        if !is_installed("redis-server") {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "redis-server is missing; install it with: sudo apt-get install --yes redis-server",
            ));
        }
        let mut process = Command::new("sh")
            .args(["-c", WARDEN, "redis-warden"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take()).zip(process.stderr.take());
        let ((signals, done), complaints) =
            pipes.ok_or_else(|| io::Error::other("sh was started without pipes"))?;
        let complaints = thread::spawn(|| io::read_to_string(complaints).unwrap_or_default());
        Ok(Self { process, signals: Some(signals), done: BufReader::new(done), complaints: Some(complaints) })
    }

    fn server_has_ended(&self) -> bool {
        self.complaints.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends the server, and gives what it has complained about.
    fn end(mut self) -> String {
        self.signals = None;
        self.complaints.take().and_then(|complaints| complaints.join().ok()).unwrap_or_default()
    }

    fn signal(&mut self, name: &str) -> io::Result<()> {
        let signals = self.signals.as_mut().ok_or_else(|| io::Error::other("redis-server is not running"))?;
        writeln!(signals, "{name}")?;
        let mut done = String::new();
        self.done.read_line(&mut done)?;
        if done == "done\n" { Ok(()) } else { Err(io::Error::other("the warden of redis-server is gone")) }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.signals = None;
        // Its folder is removed next, and its port may be wanted again: wait until it is gone. Nobody is left to tell
        // of an error.
        let _ = self.process.wait();
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
