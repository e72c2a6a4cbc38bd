//! The table, sorted by code.

use super::{Bilingual, Explanation, Place};

pub(super) static TABLE: &[Explanation] = &[Explanation {
    code: -1,
    name: "system_busy",
    place: Place::Api,
    meaning: Bilingual { en: "WeChat is busy.", zh: "系统繁忙。" },
    remedy: Bilingual { en: "Wait a moment and repeat the request.", zh: "稍候再试。" },
}];
