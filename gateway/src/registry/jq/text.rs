//! Functions of filters on text: regular expressions in linear time, replacing, URIs, base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jaq_core::{Error, Exn, ValT, ValX, ValXs};
use jaq_json::Val;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use regex::{Captures, Match, Regex, RegexBuilder};

use super::meter::{Meter, halt};
use super::natives::{Input, one, raised};

/// The longest text to search, and the largest compiled expression: their product is what one search can take.
const MAX_SEARCHED: usize = 64 << 10;
const MAX_REGEX: usize = 128 << 10;
/// Compiled expressions that a run keeps.
const MAX_KEPT: usize = 16;
/// What the description of one match or group takes.
const MATCH: u64 = 640;

/// Everything but RFC 3986 "unreserved" is encoded, as in jq.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Replaces text by text; only the prelude calls it, with texts of a few bytes.
pub(super) fn replace(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let (to, from) = (cv.0.pop_var(), cv.0.pop_var());
    let replaced = || -> ValX<'_, Val> {
        let text = as_text(&cv.1)?;
        Ok(Val::from(text.replace(as_text(&from)?, as_text(&to)?)))
    };
    one(replaced())
}

/// `@uri` of a text.
pub(super) fn encode_uri(cv: Input<'_>) -> ValXs<'_, Val> {
    one(as_bytes(&cv.1).map(|bytes| Val::from(percent_encode(bytes, UNRESERVED).to_string())))
}

/// `@base64` of a text.
pub(super) fn encode_base64(cv: Input<'_>) -> ValXs<'_, Val> {
    one(as_bytes(&cv.1).map(|bytes| Val::from(STANDARD.encode(bytes))))
}

/// `@base64d` of a text, with or without padding; bytes that are not UTF-8 become U+FFFD.
pub(super) fn decode_base64(cv: Input<'_>) -> ValXs<'_, Val> {
    let decoded = as_text(&cv.1).and_then(|text| {
        let bytes = STANDARD_NO_PAD.decode(text.trim_end_matches('='));
        bytes.map_err(|error| raised(format_args!("cannot decode base64: {error}")))
    });
    one(decoded.map(|bytes| Val::from(String::from_utf8_lossy(&bytes).into_owned())))
}

/// `test($re; $flags)`.
pub(super) fn test(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let found = || -> ValX<'_, Val> {
        let text = searchable(&cv.1)?;
        let regex = compiled(cv.0.data().meter, &pattern, as_text(&flags)?)?;
        Ok(Val::from(regex.is_match(text)))
    };
    one(found())
}

/// The text cut at the matches of an expression: text, match, text, match, …, text. Flag `g` takes all matches.
pub(super) fn pieces(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    one(pieces_of(cv.0.data().meter, &cv.1, &pattern, &flags))
}

fn pieces_of<'a>(meter: &Meter<'_>, text: &Val, pattern: &Val, flags: &Val) -> ValX<'a, Val> {
    let (searched, flags) = (searchable(text)?, as_text(flags)?);
    let regex = compiled(meter, pattern, flags)?;
    let names: Vec<Option<&str>> = regex.capture_names().collect();
    let most = if flags.contains('g') { usize::MAX } else { 1 };
    let mut pieces = Vec::new();
    let mut cut = 0;
    let mut place = Place::default();
    let not_empty = flags.contains('n') || flags.contains('p');
    let found = regex.captures_iter(searched);
    for captures in found
        .filter(|found| !(not_empty && found[0].is_empty()))
        .take(most)
    {
        meter.tick(text).map_err(halt)?;
        meter.spend(MATCH * names.len() as u64).map_err(halt)?;
        let whole = captures.get_match();
        pieces.push(Val::from(searched[cut..whole.start()].to_owned()));
        pieces.push(described(searched, &captures, &names, &mut place)?);
        cut = whole.end();
    }
    pieces.push(Val::from(searched[cut..].to_owned()));
    meter.spend(searched.len() as u64).map_err(halt)?;
    Ok(pieces.into_iter().collect())
}

/// Counts characters up to a byte, on from where it counted to before.
#[derive(Default)]
struct Place {
    byte: usize,
    characters: usize,
}

impl Place {
    fn advance(&mut self, text: &str, byte: usize) -> usize {
        self.characters += text[self.byte..byte].chars().count();
        self.byte = byte;
        self.characters
    }
}

fn described<'a>(
    text: &str,
    captures: &Captures<'_>,
    names: &[Option<&str>],
    place: &mut Place,
) -> ValX<'a, Val> {
    let whole = captures.get_match();
    let start = place.advance(text, whole.start());
    let mut groups = Vec::new();
    for (index, name) in names.iter().enumerate().skip(1) {
        let group = captures.get(index);
        let offset = match group {
            Some(group) if group.start() >= whole.start() => {
                let before = &text[whole.start()..group.start()];
                Val::from(start + before.chars().count())
            }
            _ => Val::from(-1_isize),
        };
        let name = name.map_or(Val::Null, |name| Val::from(name.to_owned()));
        groups.push(Val::from_map(
            fields(offset, group).chain([(Val::utf8_str("name"), name)]),
        )?);
    }
    let groups = (Val::utf8_str("captures"), groups.into_iter().collect());
    Ok(Val::from_map(
        fields(Val::from(start), Some(whole)).chain([groups]),
    )?)
}

fn fields(offset: Val, found: Option<Match<'_>>) -> impl Iterator<Item = (Val, Val)> {
    let length = found.map_or(0, |found| found.as_str().chars().count());
    let string = found.map_or(Val::Null, |found| Val::from(found.as_str().to_owned()));
    [
        ("offset", offset),
        ("length", Val::from(length)),
        ("string", string),
    ]
    .into_iter()
    .map(|(name, value)| (Val::utf8_str(name), value))
}

fn compiled<'a>(meter: &Meter<'_>, pattern: &Val, flags: &str) -> Result<Regex, Exn<'a, Val>> {
    let pattern = as_text(pattern)?;
    let name = (pattern.to_owned(), flags.to_owned());
    if let Some(regex) = meter.regexes.borrow().get(&name) {
        return Ok(regex.clone());
    }
    if let Some(flag) = flags.chars().find(|flag| !"ginpsx".contains(*flag)) {
        return Err(raised(format_args!(
            "\"{flag}\" is no flag of a regular expression here"
        )));
    }
    let regex = RegexBuilder::new(pattern)
        .case_insensitive(flags.contains('i'))
        .ignore_whitespace(flags.contains('x'))
        .dot_matches_new_line(flags.contains('s') || flags.contains('p'))
        .size_limit(MAX_REGEX)
        .dfa_size_limit(MAX_REGEX * 2)
        .build()
        .map_err(|error| raised(format_args!("cannot use the regular expression: {error}")))?;
    let mut kept = meter.regexes.borrow_mut();
    if kept.len() < MAX_KEPT {
        kept.insert(name, regex.clone());
    }
    Ok(regex)
}

fn searchable<'a>(value: &Val) -> Result<&str, Exn<'a, Val>> {
    let text = as_text(value)?;
    if text.len() > MAX_SEARCHED {
        let most = MAX_SEARCHED >> 10;
        return Err(raised(format_args!(
            "a text of more than {most} KiB cannot be searched"
        )));
    }
    Ok(text)
}

fn as_text<'a>(value: &Val) -> Result<&str, Exn<'a, Val>> {
    std::str::from_utf8(as_bytes(value)?).map_err(raised)
}

fn as_bytes<'a>(value: &Val) -> Result<&[u8], Exn<'a, Val>> {
    match value {
        Val::TStr(bytes) => Ok(bytes),
        other => Err(Error::typ(other.clone(), "string").into()),
    }
}
