//! What the tests of several packages share. Not published.
//!
//! * [`RedisServer`]: a real `redis-server` of a test's own, that can be killed, restarted and paused.
//! * [`Random`]: numbers out of a seed.
#![forbid(unsafe_code)]

mod random;
mod redis;

pub use random::Random;
pub use redis::RedisServer;
