//! The shell: serves a world on loopback. Clock, sockets and threads are here and nowhere else.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use axum::response::Response;
use thiserror::Error;
use tokio::sync::oneshot;
use wechat_oauth_core::{Scope, UnixTime};

use crate::body::{Script, Step};
use crate::message::{Connection, Method, Reply, Request};
use crate::socket::{Loopback, ResetSwitch};
use crate::world::{Announcement, CodeError, NoSuchUser, Options, World};
use crate::world_file::{WorldError, WorldFile};

/// How long a truncated body waits before the connection is closed, so that what was sent arrives first.
const LAST_BYTES_ARRIVE: Duration = Duration::from_millis(20);
/// The piece that an endless body is made of, and the pause after each: a deadline for one read never passes.
const FEW_SPACES: &[u8] = &[b' '; 256];
const ENDLESS_PAUSE: Duration = Duration::from_millis(50);
/// The piece that a huge body is made of.
const SPACES: &[u8] = &[b' '; 64 * 1024];

/// A WeChat on this machine: a [`World`] served on loopback, by a thread of its own, until it is dropped.
///
/// ```
/// use wechat_oauth_emulator::{AccountKind, Emulator, Scope};
///
/// let emulator = Emulator::start()?;
/// let (appid, user) = emulator.world(|world| {
///     let account = world.account_of_kind(AccountKind::OfficialAccount).map(|account| account.appid().to_string());
///     (account.unwrap_or_default(), world.users()[0].id.clone())
/// });
/// let code = emulator.issue_code(&appid, &user, Scope::UserInfo)?;
/// // ... exchange it at `emulator.base_url()`; then let two hours pass at once:
/// emulator.advance(7200);
/// # assert_eq!(code.len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Emulator {
    base_url: String,
    world: Arc<Mutex<World>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts one at a free port of `127.0.0.1`, with the default world. It blocks for a moment only, and works from
    /// blocking and from async code.
    ///
    /// # Errors
    /// [`StartError::Listen`] when the system gives no port.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// One with another world, address or behaviour.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: EmulatorBuilder::DEFAULT_SEED,
            file: WorldFile::default(),
            options: Options::default(),
        }
    }

    /// Where pages and API are: `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Looks at the world, or changes it.
    ///
    /// No request is answered meanwhile, so do not send one from inside, and do not call this emulator's other methods
    /// there: they wait for the same world.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut lock(&self.world))
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: u64) {
        self.world(|world| world.advance(seconds));
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.world(|world| world.time(wall_clock()))
    }

    /// A code as the person's consent would give it, without any page.
    ///
    /// # Errors
    /// See [`World::issue_code`].
    pub fn issue_code(&self, appid: &str, user: &str, scope: Scope) -> Result<String, CodeError> {
        self.world(|world| world.issue_code(appid, user, scope, wall_clock()))
    }

    /// What a program needs to use this emulator: the first line of `wechat-oauth emulator`, as JSON.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        self.world(|world| world.announcement())
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // It ends only when it is told to, or when it panicked, and then there is nothing left to serve.
            let _ended = thread.join();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Says how an [`Emulator`] is to be.
#[derive(Debug, Clone)]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    seed: [u8; 32],
    file: WorldFile,
    options: Options,
}

impl EmulatorBuilder {
    /// The seed when none is given: always the same, so that appids and secrets stay when the emulator is restarted.
    pub const DEFAULT_SEED: [u8; 32] = *b"wechat-oauth emulator, no secret";

    /// Listens there. Only loopback addresses are taken; port 0 is any free one, which is what it is without this.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Makes ids, secrets, codes and tokens out of this seed.
    #[must_use]
    pub const fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    /// Begins with these accounts and people.
    #[must_use]
    pub fn world(mut self, file: WorldFile) -> Self {
        self.file = file;
        self
    }

    /// Answers every question with yes, without a page.
    #[must_use]
    pub const fn auto_consent(mut self, yes: bool) -> Self {
        self.options.auto_consent = yes;
        self
    }

    /// Gives the phone to this person (a user's id or openid) wherever no cookie says who holds it.
    #[must_use]
    pub fn holder(mut self, user: impl Into<String>) -> Self {
        self.options.holder = Some(user.into());
        self
    }

    /// Shows WeChat's page only to browsers that call themselves `MicroMessenger`.
    #[must_use]
    pub const fn wechat_only(mut self, yes: bool) -> Self {
        self.options.wechat_only = yes;
        self
    }

    /// Takes the parameters of the authorize pages in any order.
    #[must_use]
    pub const fn any_order(mut self, yes: bool) -> Self {
        self.options.any_order = yes;
        self
    }

    /// Keeps every request and its reply, secrets and all, for [`World::seen`].
    #[must_use]
    pub const fn keep(mut self, yes: bool) -> Self {
        self.options.keep = yes;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`StartError`] says what to change.
    pub fn start(self) -> Result<Emulator, StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.listen));
        }
        let mut world = World::new(self.file, self.seed)?;
        world.set_options(self.options)?;
        let listener = std::net::TcpListener::bind(self.listen)
            .map_err(|reason| StartError::Listen { address: self.listen, reason })?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        world.set_base_url(&base_url);
        let world = Arc::new(Mutex::new(world));

        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&world);
        let thread = std::thread::Builder::new().name("wechat-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                // The registration fails only when the runtime is shutting down, and this is the runtime.
                if let Ok(listener) = Loopback::new(listener) {
                    let app = Router::new()
                        .fallback(answer)
                        .with_state(shared)
                        .into_make_service_with_connect_info::<ResetSwitch>();
                    tokio::select! {
                        _ = axum::serve(listener, app) => {}
                        // Told to stop, or the handle is gone.
                        _ = stopped => {}
                    }
                }
            });
        })?;
        Ok(Emulator { base_url, world, stop: Some(stop), thread: Some(thread) })
    }
}

/// Why an emulator did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address that others could reach: the emulator hands out accounts to whoever asks.
    #[error("the emulator listens on loopback only, and {0} is not: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The world cannot be made.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The person who is to hold the phone is nobody of this world.
    #[error(transparent)]
    Holder(#[from] NoSuchUser),
    /// The address cannot be listened at.
    #[error("the emulator cannot listen at {address}: {reason}; port 0 is any free one")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// The system gave no thread, or no more files.
    #[error("the emulator cannot start: {0}")]
    System(#[from] io::Error),
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    ConnectInfo(switch): ConnectInfo<ResetSwitch>,
    request: HttpRequest,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, Request::MAX_BODY).await else {
        return response(Reply::new(413, "text/plain; charset=utf-8", "the body is too long\n"), Body::from);
    };
    let request = Request {
        method: Method::from_name(head.method.as_str()),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.into(),
    };
    let reply = lock(&world).handle(&request, wall_clock());
    deliver(reply, &switch).await
}

/// The reply over the wire, or what of it gets there.
async fn deliver(reply: Reply, switch: &ResetSwitch) -> Response {
    match reply.connection {
        Connection::Normal => response(reply, Body::from),
        Connection::Hang => {
            tokio::time::sleep(Duration::from_secs(Connection::HANG_SECS)).await;
            switch.reset();
            response(reply, Body::from)
        }
        Connection::Reset => {
            switch.reset();
            response(reply, Body::from)
        }
        Connection::Truncate(sent) => announced(reply, |body| {
            let steps =
                [Step::Send(body.slice(..sent.min(body.len()))), Step::Wait(LAST_BYTES_ARRIVE), Step::Abort];
            Body::new(Script::new(steps.into_iter()))
        }),
        Connection::Slow { chunk, pause_ms } => announced(reply, |body| {
            let starts = (0..body.len()).step_by(chunk.max(1));
            let steps = starts.flat_map(move |start| {
                let end = body.len().min(start + chunk.max(1));
                [Step::Wait(Duration::from_millis(pause_ms)), Step::Send(body.slice(start..end))]
            });
            Body::new(Script::new(steps))
        }),
        Connection::Endless => response(reply, |_| {
            let times = (Connection::HANG_SECS * 1000) / ENDLESS_PAUSE.as_millis() as u64;
            let spaces = (0..times)
                .flat_map(|_| [Step::Send(Bytes::from_static(FEW_SPACES)), Step::Wait(ENDLESS_PAUSE)]);
            Body::new(Script::new(spaces.chain([Step::Abort])))
        }),
        Connection::Unfinished => {
            let more = reply.body.len() + 1;
            let mut response = response(reply, |body| {
                let never = Duration::from_secs(Connection::HANG_SECS);
                Body::new(Script::new([Step::Send(body), Step::Wait(never), Step::Abort].into_iter()))
            });
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(more));
            response
        }
        Connection::Huge => response(reply, |body| {
            let spaces =
                (0..Connection::HUGE_BYTES / SPACES.len()).map(|_| Step::Send(Bytes::from_static(SPACES)));
            Body::new(Script::new(spaces.chain([Step::Send(body)])))
        }),
    }
}

/// A response whose whole length is announced, whatever of it is then sent.
fn announced(reply: Reply, body: impl FnOnce(Bytes) -> Body) -> Response {
    let length = reply.body.len();
    let mut response = response(reply, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn response(reply: Reply, body: impl FnOnce(Bytes) -> Body) -> Response {
    let mut response = Response::new(body(Bytes::from(reply.body)));
    // The world's statuses are all valid, and its header values are escaped where they hold what others chose.
    if let Ok(status) = axum::http::StatusCode::from_u16(reply.status) {
        *response.status_mut() = status;
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The seconds since 1970 by this machine's clock; a clock before 1970 counts as 1970.
fn wall_clock() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since.as_secs())
}

/// A test that panicked while it looked at the world leaves it as it is: the next one may still look.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
