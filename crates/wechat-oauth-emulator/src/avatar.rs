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
    let (skin, hair) = (60 + digits.below(25), 15 + digits.below(35));
    let fringe = 30 + digits.below(14);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\" width=\"{pixels}\" height=\"{pixels}\">\
         <rect width=\"100\" height=\"100\" fill=\"hsl({hue} 55% 70%)\"/>\
         <circle cx=\"50\" cy=\"104\" r=\"36\" fill=\"hsl({shirt} 45% 42%)\"/>\
         <circle cx=\"50\" cy=\"46\" r=\"24\" fill=\"hsl(25 30% {hair}%)\"/>\
         <path d=\"M30 {fringe}h40v10a20 20 0 0 1-40 0z\" fill=\"hsl(28 55% {skin}%)\"/>\
         <circle cx=\"42\" cy=\"49\" r=\"2.4\" fill=\"#222\"/><circle cx=\"58\" cy=\"49\" r=\"2.4\" fill=\"#222\"/>\
         <path d=\"M43 57q7 6 14 0\" fill=\"none\" stroke=\"#222\" stroke-width=\"2\" stroke-linecap=\"round\"/></svg>",
        shirt = (hue + 180) % 360,
    );
    Some(
        Reply::new(200, "image/svg+xml", svg)
            .with_header("Content-Security-Policy", "default-src 'none'")
            .with_header("X-Content-Type-Options", "nosniff"),
    )
}
