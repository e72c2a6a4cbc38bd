//! The native half of the package `wechat-oauth-rs`, for its JavaScript half alone.
//!
//! What JavaScript holds is kept in here, under a number ([`kept`]). A login is one number whose content moves on:
//! pending, code, task, grant. Plain functions and numbers, because they cost a tenth of what an object with a class of
//! Rust's own costs to make: a login makes six objects, and would take longer for that than for everything else.
//!
//! No function throws. Each gives nothing where it failed, and [`failure::take_failure`] then says why.

#![allow(clippy::needless_pass_by_value)] // texts of JavaScript come as values

pub mod app;
pub mod failure;
pub mod grant;
pub mod kept;
pub mod login;
pub mod profile;
pub mod task;
pub mod tools;
