//! Thousands of people who sign in at once through the whole stack, while WeChat misbehaves: `cargo xtask soak`.
#![forbid(unsafe_code)]

fn main() {}
