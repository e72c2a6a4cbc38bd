//! The one connection: made again when it is lost, and never waited for beyond a deadline.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use crate::failure::Failure;

/// How long a connection may have rested before it is tried first. A firewall or a restart of the server ends a
/// connection without a word; what is tried costs nobody an error.
const REST: Duration = Duration::from_secs(1);

/// How long after a failed attempt everybody is refused without another: a server in trouble is not stormed, and is
/// found again soon after it is back.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection to Redis that many commands use at the same time.
pub(crate) struct Link {
    client: Client,
    /// How long a command may take, with everything that it needs.
    timeout: Duration,
    /// A harmless command that fails where the store could not work: on a replica, on an old server, for a user
    /// without rights.
    probe: Cmd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    line: Option<Line>,
    /// When the last attempt to connect failed, and why.
    failed: Option<(Instant, Failure)>,
}

#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    used: Instant,
    lost: Arc<AtomicBool>,
}

impl Link {
    pub(crate) fn new(client: Client, timeout: Duration, probe: Cmd) -> Self {
        Self { client, timeout, probe, state: Mutex::default() }
    }

    /// Makes sure that the server is there and can be used.
    pub(crate) async fn check(&self) -> Result<(), Failure> {
        timeout(self.timeout, self.line()).await.unwrap_or(Err(Failure::LATE)).map(drop)
    }

    /// When a command that begins now has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Sends a command once, and gives the answer.
    pub(crate) async fn send(&self, command: &Cmd, deadline: Instant) -> Result<Value, Failure> {
        let line = timeout_at(deadline, self.line()).await.unwrap_or(Err(Failure::LATE))?;
        let mut connection = line.connection;
        let answer = match timeout_at(deadline, command.query_async::<Value>(&mut connection)).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => Err(Failure::LATE),
        };
        if answer.as_ref().is_err_and(|failure| failure.connection_is_lost) {
            line.lost.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// The connection, or a new one. One caller makes it while the others wait, and its failure is theirs.
    async fn line(&self) -> Result<Line, Failure> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(line) = state.line.as_mut() {
            let usable = !line.lost.load(Ordering::Relaxed)
                && (line.used.elapsed() < REST || self.still_answers(line).await);
            if usable {
                line.used = Instant::now();
                return Ok(line.clone());
            }
            state.line = None;
        }
        if let Some((when, failure)) = state.failed
            && asked < when + PAUSE
        {
            return Err(failure);
        }
        // The first half of the time that a command has, so that those who wait learn of a failure within theirs.
        match timeout(self.timeout / 2, self.connect()).await.unwrap_or(Err(Failure::LATE)) {
            Ok(line) => {
                state.failed = None;
                state.line = Some(line.clone());
                Ok(line)
            }
            Err(failure) => {
                state.failed = Some((Instant::now(), failure));
                Err(failure)
            }
        }
    }

    async fn connect(&self) -> Result<Line, Failure> {
        // Its own timeouts are shorter than ours, or fixed.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        self.probe.query_async::<Value>(&mut connection).await?;
        Ok(Line { connection, used: Instant::now(), lost: Arc::default() })
    }

    async fn still_answers(&self, line: &Line) -> bool {
        let mut connection = line.connection.clone();
        let answer = timeout(self.timeout / 4, self.probe.query_async::<Value>(&mut connection)).await;
        matches!(answer, Ok(Ok(_)))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
