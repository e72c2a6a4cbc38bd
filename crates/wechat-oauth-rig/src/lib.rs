//! What the tests of several packages share. Not published.
//!
//! * [`RedisServer`]: a real `redis-server` of a test's own, that can be killed, restarted and paused.
#![forbid(unsafe_code)]

mod redis;

pub use redis::RedisServer;
