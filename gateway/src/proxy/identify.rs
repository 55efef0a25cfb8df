//! Who calls. Nobody is asked for credentials yet, so everyone is anonymous; the type keeps the place.

use http::HeaderMap;

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody said.
    Anonymous,
}

impl Caller {
    /// What tells callers apart.
    #[must_use]
    pub fn principal(&self) -> &str {
        match self {
            Self::Anonymous => "",
        }
    }
}

/// Finds out who calls.
#[must_use]
pub fn caller(_headers: &HeaderMap) -> Caller {
    Caller::Anonymous
}
