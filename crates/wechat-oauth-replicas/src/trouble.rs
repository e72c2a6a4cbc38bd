//! Trouble with Redis: killed and restarted, or stopped and continued, again and again.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wechat_oauth_rig::{Random, RedisServer};

use crate::Outcome;

/// How long Redis is left alone between two troubles, in milliseconds, at least and at most.
const QUIET: (u64, u64) = (200, 2_000);
/// How long it stays down after a kill.
const DOWN: (u64, u64) = (50, 1_000);
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// A thread that troubles one server, until it is told to stop or dropped.
pub(crate) struct Trouble {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<Troubles>>>,
}

/// What happened to the server.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Troubles {
    pub(crate) kills: u64,
    pub(crate) pauses: u64,
    /// How long it did not answer, in all.
    pub(crate) away: Duration,
}

impl Trouble {
    /// Begins. A pause takes at most so many milliseconds.
    pub(crate) fn start(server: &Arc<Mutex<RedisServer>>, seed: u64, longest_pause: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (server, stopped) = (Arc::clone(server), Arc::clone(&stop));
        let random = Random::of(seed, "trouble");
        let thread = thread::spawn(move || trouble(&server, &stopped, random, longest_pause));
        Self { stop, thread: Some(thread) }
    }

    /// Ends it; the server runs.
    pub(crate) fn stop(mut self) -> Outcome<Troubles> {
        Ok(self.end().ok_or("the trouble has ended before")??)
    }

    fn end(&mut self) -> Option<io::Result<Troubles>> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take()?.join();
        Some(ended.unwrap_or_else(|_| Err(io::Error::other("the thread that troubles Redis panicked"))))
    }
}

impl Drop for Trouble {
    fn drop(&mut self) {
        // Its outcome was asked for, or the run has failed anyway.
        let _outcome = self.end();
    }
}

fn trouble(
    server: &Mutex<RedisServer>,
    stop: &AtomicBool,
    mut random: Random,
    longest_pause: u64,
) -> io::Result<Troubles> {
    let mut troubles = Troubles::default();
    let rest = |milliseconds| {
        let until = Instant::now() + Duration::from_millis(milliseconds);
        while !stop.load(Ordering::Relaxed) && Instant::now() < until {
            thread::sleep(LOOK);
        }
    };
    loop {
        rest(random.between(QUIET.0, QUIET.1));
        if stop.load(Ordering::Relaxed) {
            return Ok(troubles);
        }
        let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
        let away = Instant::now();
        if random.percent(50) {
            server.kill()?;
            rest(random.between(DOWN.0, DOWN.1));
            server.restart()?;
            troubles.kills += 1;
        } else {
            server.pause()?;
            rest(random.between(DOWN.0, longest_pause));
            server.resume()?;
            troubles.pauses += 1;
        }
        troubles.away += away.elapsed();
    }
}
