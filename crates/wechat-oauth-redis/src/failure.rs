//! What went wrong, in words of ours: an error of the client can hold the address, a key, or what the server said.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use wechat_oauth_store::StoreError;

/// Why a command failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    error: StoreError,
    /// Whether the connection is of no more use: it is gone, or it leads to a server that another one has replaced.
    pub(crate) connection_is_lost: bool,
    /// Whether the server does not have the script, and so has run nothing.
    pub(crate) lacks_script: bool,
}

impl Failure {
    /// Nothing came back in time. Whoever does not answer may never do: the next command gets another connection.
    pub(crate) const LATE: Self = Self::lost("Redis did not answer in time");

    /// What answers does not speak as Redis does.
    pub(crate) const NOT_REDIS: Self = Self::lost("what answers at the URL does not answer as Redis does");

    const fn lost(what: &'static str) -> Self {
        Self { connection_is_lost: true, ..Self::refused(what) }
    }

    const fn refused(what: &'static str) -> Self {
        Self { error: unavailable(what), connection_is_lost: false, lacks_script: false }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io if error.is_connection_refusal() => {
                Self::lost("nothing listens at the address in Redis's URL")
            }
            ErrorKind::Io => Self::lost(
                "the connection to Redis failed: look at the address in its URL, and whether it wants TLS \
                 (rediss://)",
            ),
            ErrorKind::AuthenticationFailed => {
                Self::lost("Redis refused the user or the password in its URL")
            }
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::NOT_REDIS,
            ErrorKind::Server(ServerErrorKind::NoScript) => {
                Self { lacks_script: true, ..Self::refused("Redis forgot the script of the store") }
            }
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Self::from_message(error.detail().unwrap_or_default())
            }
            _ => Self::from_code(error.code().unwrap_or_default()),
        }
    }
}

impl Failure {
    /// By what follows the word ERR, which says nothing by itself.
    fn from_message(message: &str) -> Self {
        if message.starts_with("unknown command") {
            return Self::refused("Redis lacks a command: the store needs Redis 6.2 or later, or Valkey");
        }
        if message.starts_with("DB index is out of range") {
            return Self::refused("Redis lacks the database that its URL names");
        }
        // Of a command in a script, and of the SELECT for a URL's database, whose code the client leaves out.
        if message.contains("user executing the script can't") || message.contains("has no permissions") {
            return Self::from_code("NOPERM");
        }
        // Redis 6 wraps what a command in a script says: "Error running script (...): @user_script: 2: -OOM ...".
        let inner = message.rsplit_once(": -").map_or("", |(_, inner)| inner);
        Self::from_code(inner.split(' ').next().unwrap_or_default())
    }

    /// By the first word of what the server said.
    fn from_code(code: &str) -> Self {
        match code {
            "LOADING" => Self::refused("Redis is still loading its data"),
            // A failover gives the address to another server, which only a new connection reaches.
            "READONLY" => Self::lost("Redis is a read-only replica: its URL has to lead to the primary"),
            "MASTERDOWN" => Self::lost("Redis is a replica that has lost its primary"),
            "NOAUTH" => Self::lost("Redis wants a password: put it into its URL"),
            "OOM" => Self::refused("Redis is out of memory: raise maxmemory"),
            "NOPERM" => Self::refused(
                "Redis denies this user a command or a key: allow what the documentation of wechat-oauth-redis lists",
            ),
            "MISCONF" => Self::refused("Redis cannot write to its disk, and so takes no changes"),
            "NOREPLICAS" => Self::refused("Redis has fewer replicas than it is told to have"),
            "BUSY" => Self::refused("Redis is busy with somebody's script"),
            "WRONGTYPE" => Self::refused("something else uses the store's keys in this Redis"),
            "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" | "TRYAGAIN" => Self::refused(
                "this Redis is one node of a cluster: use a single server, or a proxy before the cluster",
            ),
            _ => Self::refused("Redis refused a command"),
        }
    }
}

pub(crate) const fn unavailable(what: &'static str) -> StoreError {
    StoreError::Unavailable { what }
}
