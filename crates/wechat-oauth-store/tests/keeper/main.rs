//! The keeper against an emulated WeChat, with as many replicas as a test needs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

mod faults;
mod kept;
mod odds;
mod orders;
mod profile;
mod renewal;
mod secrecy;
mod site;
mod stores;
