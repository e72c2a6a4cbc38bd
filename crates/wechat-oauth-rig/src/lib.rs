//! What the tests of several packages share. Not published.
//!
//! * [`RedisServer`]: a real `redis-server` of a test's own, that can be killed, restarted and paused.
//! * [`Random`]: numbers out of a seed.
//! * [`Jar`] and [`Answer`]: the cookies of a browser, and what a site answers it.
#![forbid(unsafe_code)]

mod answer;
mod random;
mod redis;

pub use answer::{Answer, DECLINED, Jar, Next, SIGNED_IN, marked};
pub use random::Random;
pub use redis::RedisServer;
