//! Avatars, drawn here: nobody's picture, and no other host is asked for one.

use crate::message::Reply;
use crate::mint::Mint;
use crate::user::User;

/// The avatar of a person at one of WeChat's sizes: 0 (640 pixels), 46, 64, 96 or 132; `None` for any other.
pub(crate) fn reply(user: &User, size: &str, mint: &Mint) -> Option<Reply> {
    let pixels = match size {
        "0" => "640",
        "46" | "64" | "96" | "132" => size,
        _ => return None,
    };
    let mut digits = mint.fixed(&["avatar", &user.id]);
    let hue = digits.below(360);
    let (skin, hair) = (62 + digits.below(22), 12 + digits.below(30));
    let fringe = 34 + digits.below(8);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\" width=\"{pixels}\" height=\"{pixels}\">\
         <rect width=\"100\" height=\"100\" fill=\"hsl({hue} 55% 72%)\"/>\
         <circle cx=\"50\" cy=\"108\" r=\"36\" fill=\"hsl({shirt} 45% 42%)\"/>\
         <circle cx=\"50\" cy=\"42\" r=\"25\" fill=\"hsl(25 30% {hair}%)\"/>\
         <circle cx=\"50\" cy=\"50\" r=\"21\" fill=\"hsl(28 55% {skin}%)\"/>\
         <path d=\"M28 {fringe}q22 16 44 0q0-16-22-16t-22 16z\" fill=\"hsl(25 30% {hair}%)\"/>\
         <circle cx=\"42\" cy=\"52\" r=\"2.4\" fill=\"#222\"/><circle cx=\"58\" cy=\"52\" r=\"2.4\" fill=\"#222\"/>\
         <path d=\"M43 60q7 6 14 0\" fill=\"none\" stroke=\"#222\" stroke-width=\"2\" stroke-linecap=\"round\"/></svg>",
        shirt = (hue + 180) % 360,
    );
    Some(
        Reply::new(200, "image/svg+xml", svg)
            .with_header("Content-Security-Policy", "default-src 'none'")
            .with_header("X-Content-Type-Options", "nosniff"),
    )
}
