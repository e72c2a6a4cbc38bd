//! The site's own page. The others are those of `wechat-oauth-axum`.

use askama::Template;

use super::people::Person;
use super::wire::Step;
use crate::lang::Lang;

pub(crate) const STYLE: &str = include_str!("../../templates/style.css");

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    lang: Lang,
    emulator_url: &'a str,
    person: Option<&'a Person>,
    steps: &'a [Step],
}

pub(crate) fn home(
    lang: Lang,
    emulator_url: &str,
    person: Option<&Person>,
    steps: &[Step],
) -> Result<String, askama::Error> {
    Home { lang, emulator_url, person, steps }.render()
}
