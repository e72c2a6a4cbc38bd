//! The cases, by area.

mod check;
mod identity;

use crate::case::Case;

/// Every case, in the order of the report.
pub(crate) fn all() -> Vec<Case> {
    [identity::CASES].concat()
}
