//! Protocol revisions and the two eras they fall into.

use std::fmt;

/// A published revision of MCP; ordered by date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2024-11-05, served over streamable HTTP only.
    V20241105,
    /// 2025-03-26, the one with batches; assumed where a client names none.
    V20250326,
    /// 2025-06-18.
    V20250618,
    /// 2025-11-25, the newest that begins with `initialize`.
    V20251125,
    /// 2026-07-28, stateless.
    V20260728,
}

/// How a client opens: by handshake, or with metadata on every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// `initialize` handshake, sessions (up to 2025-11-25).
    Legacy,
    /// Per-request metadata, no state (2026-07-28 on).
    Modern,
}

impl Version {
    /// All revisions that are served, newest first, as `supportedVersions` lists them.
    pub const ALL: [Self; 5] = [
        Self::V20260728,
        Self::V20251125,
        Self::V20250618,
        Self::V20250326,
        Self::V20241105,
    ];

    /// The newest revision that is offered to `initialize`.
    pub const NEWEST_LEGACY: Self = Self::V20251125;

    /// Reads a revision's date; `None` where it is not one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }

    /// The date, as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V20241105 => "2024-11-05",
            Self::V20250326 => "2025-03-26",
            Self::V20250618 => "2025-06-18",
            Self::V20251125 => "2025-11-25",
            Self::V20260728 => "2026-07-28",
        }
    }

    /// The era of this revision.
    #[must_use]
    pub fn era(self) -> Era {
        if self >= Self::V20260728 {
            Era::Modern
        } else {
            Era::Legacy
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
