//! JSON into and out of filters: strict, nested to a bound, numbers spelled as they came, output bounded.

use std::io::{self, Write};

use jaq_json::{Num, Val, read};
use serde::de::IgnoredAny;
use thiserror::Error;

use super::meter::{MAX_VALUE_DEPTH, halt};
use super::natives::{Input, one, raised};
use jaq_core::ValXs;

/// The longest number, in characters; converting it takes time with the square of its length.
const MAX_NUMBER: usize = 2048;
/// What the parser may make of one comma or bracket.
const PLACE: u64 = 144;

/// Why a text cannot be read.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    #[error("it is not JSON: {0}")]
    Invalid(String),
    #[error("it is nested more than {MAX_VALUE_DEPTH} levels deep")]
    Deep,
    #[error("it has a number of more than {MAX_NUMBER} characters")]
    Number,
}

/// Why a value cannot be written.
#[derive(Debug, Error)]
pub(super) enum WriteError {
    #[error("an object has a key that is not a string")]
    Key,
    #[error("it is nested too deeply")]
    Deep,
    #[error("it is too long")]
    Long,
}

/// Reads one JSON value, and nothing that is only nearly JSON.
pub(super) fn parse(text: &[u8]) -> Result<Val, ReadError> {
    let text = std::str::from_utf8(text).map_err(|error| ReadError::Invalid(error.to_string()))?;
    measure(text.as_bytes())?;
    let _: IgnoredAny =
        serde_json::from_str(text).map_err(|error| ReadError::Invalid(error.to_string()))?;
    read::parse_single(text.as_bytes()).map_err(|error| ReadError::Invalid(error.to_string()))
}

/// `fromjson`, paid for before it is read.
pub(super) fn from_json(cv: Input<'_>) -> ValXs<'_, Val> {
    let Val::TStr(text) = &cv.1 else {
        return one(Err(raised("fromjson takes a string")));
    };
    let refused = |error| raised(format_args!("cannot parse a string as JSON: {error}"));
    let places = match measure(text) {
        Ok(places) => places,
        Err(error) => return one(Err(refused(error))),
    };
    if let Err(stop) = cv.0.data().meter.spend(PLACE * places + text.len() as u64) {
        return one(Err(halt(stop)));
    }
    one(parse(text).map_err(refused))
}

/// Counts commas and brackets outside strings, and refuses what the recursive parser could not take.
fn measure(text: &[u8]) -> Result<u64, ReadError> {
    let (mut places, mut depth, mut digits) = (1, 0_usize, 0);
    let mut in_string = false;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if in_string {
            match byte {
                b'\\' => _ = bytes.next(),
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        digits = match byte {
            b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E' => digits + 1,
            _ => 0,
        };
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        places += u64::from(matches!(byte, b'[' | b'{' | b','));
        if depth > MAX_VALUE_DEPTH {
            return Err(ReadError::Deep);
        }
        if digits > MAX_NUMBER {
            return Err(ReadError::Number);
        }
    }
    Ok(places)
}

/// Writes the values as one compact line: one value as itself, several as an array.
pub(super) fn write(values: &[Val], most: usize) -> Result<Vec<u8>, WriteError> {
    let mut output = Output {
        written: Vec::new(),
        most,
    };
    match values {
        [value] => put(&mut output, value, 0)?,
        values => list(&mut output, values, 0)?,
    }
    Ok(output.written)
}

struct Output {
    written: Vec<u8>,
    most: usize,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn put(output: &mut Output, value: &Val, depth: usize) -> Result<(), WriteError> {
    if depth > MAX_VALUE_DEPTH {
        return Err(WriteError::Deep);
    }
    match value {
        Val::Null => raw(output, "null"),
        Val::Bool(flag) => raw(output, if *flag { "true" } else { "false" }),
        Val::Num(number) => raw(output, &spelled(number)),
        Val::BStr(bytes) | Val::TStr(bytes) => string(output, bytes),
        Val::Arr(items) => list(output, items, depth),
        Val::Obj(members) => {
            for (index, (key, member)) in members.iter().enumerate() {
                let Val::TStr(key) = key else {
                    return Err(WriteError::Key);
                };
                raw(output, if index == 0 { "{" } else { "," })?;
                string(output, key)?;
                raw(output, ":")?;
                put(output, member, depth + 1)?;
            }
            raw(output, if members.is_empty() { "{}" } else { "}" })
        }
    }
}

fn list(output: &mut Output, items: &[Val], depth: usize) -> Result<(), WriteError> {
    for (index, item) in items.iter().enumerate() {
        raw(output, if index == 0 { "[" } else { "," })?;
        put(output, item, depth + 1)?;
    }
    raw(output, if items.is_empty() { "[]" } else { "]" })
}

fn raw(output: &mut Output, text: &str) -> Result<(), WriteError> {
    output
        .write_all(text.as_bytes())
        .map_err(|_| WriteError::Long)
}

/// Bytes that are not UTF-8 become U+FFFD, as in jq.
fn string(output: &mut Output, bytes: &[u8]) -> Result<(), WriteError> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::to_writer(output, text.as_ref()).map_err(|_| WriteError::Long)
}

/// As jq does: what was read stays as spelled, a calculated whole number has no fraction, and what JSON has no
/// number for becomes null or the largest there is.
fn spelled(number: &Num) -> String {
    /// Whole numbers below it have at most 17 digits, as jq prints them.
    const WHOLE: f64 = 1e17;
    match number {
        Num::Float(float) if float.is_nan() => "null".to_owned(),
        Num::Float(float) if float.is_infinite() => format!("{:e}", f64::MAX.copysign(*float)),
        Num::Float(float) if float.fract() == 0.0 && float.abs() < WHOLE => format!("{float:.0}"),
        Num::Dec(digits) if serde_json::from_str::<IgnoredAny>(digits).is_err() => digits
            .parse()
            .map_or("null".to_owned(), |float| spelled(&Num::Float(float))),
        number => number.to_string(),
    }
}
