//! WeChat web authorization (微信网页授权) for C, and for every language that can call C: the functions of
//! `include/wechat_oauth.h`, over JSON texts with explicit lengths.
//!
//! | module | what it is |
//! |---|---|
//! | [`door`] | every function of the header, with slices and numbers in and documents out; safe |
//! | `handles` | what lives between two calls: apps, codes and flows, each behind a number |
//! | `texts` | the texts that were given out and not freed yet |
//! | `exports` | the header's functions: the only unsafe code of the project |
//!
//! A caller in C can be wrong in every way. So nothing that it hands back is trusted to be what was given out: a handle
//! is a number that is looked up, a text is freed by looking its address up, and each text that comes in is checked for
//! its length and its encoding. What is left to trust is that a pointer points to as many bytes as it is said to.

pub mod door;
#[allow(unsafe_code, reason = "C hands over pointers: only here are they read and written")]
pub mod exports;
mod handles;
mod texts;
