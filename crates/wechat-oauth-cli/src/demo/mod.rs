//! The demonstration: an emulated WeChat, a site that signs people in with it, and a browser that walks through both.

mod address;
mod logins;
mod pages;
mod people;
mod record;
mod session;
mod site;
mod walk;
mod wire;

pub(crate) use address::Listeners;
pub(crate) use site::Site;
pub(crate) use walk::walk;
