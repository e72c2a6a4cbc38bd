//! Serving until somebody says stop: Ctrl-C, or the system's polite request to end.

use tokio::runtime::{Builder, Runtime};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// A runtime of one thread: what is served here is served to one person.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::configuration("runtime", format!("the system gives no event loop: {error}"))
    })
}

/// Listens from when it is made, so that nothing said between the first line printed and the wait is missed.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Stop {
    /// To be called within a runtime.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Failure::configuration("runtime", format!("Ctrl-C cannot be heard: {error}"))
            })
        };
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// To be called within a runtime.
    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    #[cfg(unix)]
    pub(crate) async fn said(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn said(&mut self) {
        // An error means that nobody can say stop this way: then this ends at once, rather than never.
        let _said = tokio::signal::ctrl_c().await;
    }
}
