//! What a JSON value is to a place that holds only text: nothing, one text, several, or several with names.
//! Reads the client's own text, so that a number keeps its spelling (9007199254740993, 1.0).

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::mcp::arguments::raw_members;

/// A value without structure of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flat<'a> {
    /// `null`.
    Absent,
    /// A string, number or boolean.
    One(Cow<'a, str>),
    /// An array of these.
    List(Vec<Cow<'a, str>>),
    /// An object of these, without its nulls.
    Named(Vec<(Cow<'a, str>, Cow<'a, str>)>),
}

impl<'a> Flat<'a> {
    /// Reads JSON; `None` where an item is an array or object itself, or an array holds null.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        match json.as_bytes().first()? {
            b'n' => Some(Self::Absent),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                let items = items.into_iter().map(|item| scalar(item.get()));
                items.collect::<Option<_>>().map(Self::List)
            }
            b'{' => {
                let members = raw_members(json).into_iter();
                let members = members
                    .filter(|(_, value)| *value != "null")
                    .map(|(name, value)| Some((name, scalar(value)?)));
                members.collect::<Option<_>>().map(Self::Named)
            }
            _ => scalar(json).map(Self::One),
        }
    }
}

/// The text of a string, number or boolean; `None` for anything else.
pub(super) fn scalar(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' if json.contains('\\') => serde_json::from_str(json).ok().map(Cow::Owned),
        b'"' => json.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed),
        b'n' | b'[' | b'{' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}
