//! WeChat's error codes explained, in English and in Chinese: what a code means, and what to do about it.

mod table;
#[cfg(test)]
mod tests;

/// Where a code is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In an API's answer, as `errcode`.
    Api,
    /// On the authorize page, where only the person sees it; it never reaches the callback.
    Page,
}

/// A sentence or a few, or a check list, in both languages.
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
    /// A short name for programs and logs, unique in the table: `invalid_code`.
    pub name: &'static str,
    /// Where it is seen.
    pub place: Place,
    /// What it means.
    pub meaning: Bilingual,
    /// What to do. Where that depends on the refused call, it says which applies when;
    /// [`Advice::for_refusal`](crate::Advice::for_refusal) decides it for a program.
    pub remedy: Bilingual,
}

/// What a code means, and what to do; `None` for a code that has nothing to do with web authorization.
///
/// Codes of neighbouring APIs that are often taken for a login's are explained too, and say that they are not.
/// WeCom reuses some of these numbers with other meanings: this is not its table.
///
/// Sources: the error tables of <https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html>, the
/// questions about logins of <https://developers.weixin.qq.com/doc/oplatform/developers/troubleshooting/auth.html>, and
/// bodies seen in the wild.
///
/// ```
/// use wechat_oauth_core::{Place, explain};
///
/// let found = explain(40029).ok_or("unknown")?;
/// assert_eq!(found.name, "invalid_code");
/// assert_eq!(found.place, Place::Api);
/// println!("{} {}", found.meaning.en, found.remedy.en);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn explain(code: i64) -> Option<&'static Explanation> {
    table::TABLE.binary_search_by_key(&code, |row| row.code).ok().map(|found| &table::TABLE[found])
}

/// Every code that can be explained, in ascending order.
pub fn explanations() -> impl Iterator<Item = &'static Explanation> {
    table::TABLE.iter()
}
