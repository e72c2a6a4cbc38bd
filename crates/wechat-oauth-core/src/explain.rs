//! WeChat's error codes explained, in English and in Chinese: what a code means, and what to do about it.

mod table;

/// Where a code is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In an API's answer, as `errcode`.
    Api,
    /// On the authorize page, where only the person sees it; it never reaches the callback.
    Page,
}

/// One sentence or a few, in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual {
    /// English.
    pub en: &'static str,
    /// Chinese, with Tencent's own terms.
    pub zh: &'static str,
}

/// What is known about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The code.
    pub code: i64,
    /// A short name for programs and logs: `invalid_code`.
    pub name: &'static str,
    /// Where it is seen.
    pub place: Place,
    /// What it means.
    pub meaning: Bilingual,
    /// What to do.
    pub remedy: Bilingual,
}

/// What a code means, and what to do; `None` for a code that is in neither of WeChat's tables.
///
/// Sources: the error tables of <https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html>, and
/// bodies seen in the wild.
#[must_use]
pub fn explain(code: i64) -> Option<&'static Explanation> {
    table::TABLE.binary_search_by_key(&code, |row| row.code).ok().map(|found| &table::TABLE[found])
}

/// Every code that can be explained, in ascending order.
pub fn explanations() -> impl Iterator<Item = &'static Explanation> {
    table::TABLE.iter()
}
