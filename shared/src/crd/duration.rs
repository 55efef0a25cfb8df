//! Durations as Go writes them (`30s`, `1m30s`, `500ms`). Deserialising takes any string, so that an object which an
//! older schema let through still parses; what is wrong with it is told by [`Duration::parse`].

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text of a duration, not yet judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(pub String);

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// It does not read as numbers with units.
    #[error(
        "`{0}` is not a duration; write a number and a unit for each part, such as 500ms, 30s or 1m30s"
    )]
    Syntax(String),
    /// It is longer than can be counted.
    #[error("`{0}` is too long a duration; write at most 1000000h")]
    TooLong(String),
}

impl Duration {
    /// The longest duration taken, in nanoseconds: a million hours.
    const LONGEST_NANOS: u128 = 3_600_000_000_000 * 1_000_000;

    /// Writes a duration down, unjudged.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What the text says.
    ///
    /// # Errors
    /// When the text is not a sequence of numbers with units, or longer than a million hours.
    pub fn parse(&self) -> Result<std::time::Duration, DurationError> {
        let syntax = || DurationError::Syntax(self.0.clone());
        let mut rest = self.0.as_str();
        if rest.is_empty() {
            return Err(syntax());
        }
        let mut total: u128 = 0;
        while !rest.is_empty() {
            let (nanos, after) = part(rest).ok_or_else(syntax)?;
            total = total.saturating_add(nanos);
            rest = after;
        }
        if total > Self::LONGEST_NANOS {
            return Err(DurationError::TooLong(self.0.clone()));
        }
        let seconds = u64::try_from(total / 1_000_000_000)
            .map_err(|_| DurationError::TooLong(self.0.clone()))?;
        let nanos = u32::try_from(total % 1_000_000_000).map_err(|_| syntax())?;
        Ok(std::time::Duration::new(seconds, nanos))
    }
}

/// Reads one number and its unit off the front: its nanoseconds and what follows.
fn part(text: &str) -> Option<(u128, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    let (unit, after) = unit(rest)?;
    // More than 15 digits cannot be a sensible count of anything, and bounds what follows well inside 128 bits.
    if whole.is_empty() || whole.len() > 15 || fraction.len() > 15 || fraction.contains('.') {
        return None;
    }
    let mut nanos = whole.parse::<u128>().ok()? * unit;
    if !fraction.is_empty() {
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        nanos += fraction.parse::<u128>().ok()? * unit / scale;
    }
    Some((nanos, after))
}

/// Reads the unit off the front: its nanoseconds and what follows. The longer of two that fit wins (`ms` before `m`).
fn unit(text: &str) -> Option<(u128, &str)> {
    const UNITS: [(&str, u128); 7] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    UNITS
        .iter()
        .find_map(|(name, nanos)| text.strip_prefix(name).map(|after| (*nanos, after)))
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 32,
            "pattern": r"^([0-9]{1,15}(\.[0-9]{1,15})?(ns|us|µs|ms|s|m|h))+$",
        })
    }
}
