//! Templates with `{name}` in them, for paths and URIs (RFC 6570 level 1): parsed once, expanded and matched often.
//! Expansion only ever yields one segment's worth of text; what a value may hold is decided here and nowhere else.

use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regex::Regex;
use thiserror::Error;

/// Everything but RFC 3986 "unreserved" is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    /// The text it was parsed from.
    pub text: String,
    /// Its parts, in order.
    pub parts: Vec<Part>,
    matcher: OnceLock<Option<Regex>>,
}

/// Part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself.
    Literal(String),
    /// Replaced by a value.
    Variable(String),
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `{` without `}` or the other way round.
    #[error("\"{0}\" has an unclosed or stray brace; write {{name}}")]
    Brace(String),
    /// `{}` or a name with characters that an argument name would not have.
    #[error("\"{0}\" is not a variable name; use letters, digits, _, - and .")]
    Name(String),
    /// Two variables without text between them cannot be told apart.
    #[error("{{{0}}} follows another variable directly; put text such as / between them")]
    Adjacent(String),
    /// A service path that is not absolute.
    #[error("\"{0}\" must begin with /")]
    Relative(String),
    /// `..`, `//`, encoded or control characters in a service path.
    #[error("\"{0}\" holds {1}, which servers read differently; write the plain path")]
    Unsafe(String, &'static str),
}

/// Why a value cannot stand in a path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// The argument is not there.
    #[error("it is required, because it is part of the path")]
    Absent,
    /// It is the empty string.
    #[error("it must not be empty, because it is part of the path")]
    Empty,
    /// It is `.` or `..`.
    #[error("it must not be \".\" or \"..\", because it is part of the path")]
    Dots,
    /// It holds `/`, `\` or a control character, plainly or percent-encoded.
    #[error("it must not hold {0}, because it is part of the path")]
    Character(&'static str),
}

impl Template {
    /// Parses any template.
    ///
    /// # Errors
    /// Where braces or names are wrong.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (literal, from_brace) = rest.split_at(open);
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let close = from_brace.find('}').filter(|_| from_brace.starts_with('{'));
            let Some(close) = close else {
                return Err(TemplateError::Brace(text.to_owned()));
            };
            let name = &from_brace[1..close];
            if name.is_empty()
                || !name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
            {
                return Err(TemplateError::Name(name.to_owned()));
            }
            if matches!(parts.last(), Some(Part::Variable(_))) {
                return Err(TemplateError::Adjacent(name.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = &from_brace[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
            matcher: OnceLock::new(),
        })
    }

    /// Parses the path of a Service or of an ingress.
    ///
    /// # Errors
    /// As [`Self::parse`], and where the path itself could be read in two ways.
    pub fn parse_path(text: &str) -> Result<Self, TemplateError> {
        if !text.starts_with('/') {
            return Err(TemplateError::Relative(text.to_owned()));
        }
        let found = |what| Err(TemplateError::Unsafe(text.escape_debug().to_string(), what));
        if text
            .chars()
            .any(|c| c.is_control() || c == ' ' || !c.is_ascii())
        {
            return found("a control character, a space or a character outside ASCII");
        }
        if text.contains("//") {
            return found("//");
        }
        if let Some(bad) = text.chars().find(|c| "\\?#\"<>^`|".contains(*c)) {
            return found(match bad {
                '?' => "? (put query values into parameters)",
                _ => "a character that a path must encode",
            });
        }
        let encoded: Vec<&str> = text.split('%').skip(1).collect();
        if encoded.iter().any(|rest| {
            !rest
                .as_bytes()
                .get(..2)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
        }) {
            return found("% without two hexadecimal digits");
        }
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if decoded.matches('/').count() != text.matches('/').count()
            || decoded.contains(['\\', '%'])
        {
            return found("an encoded slash, backslash or percent sign");
        }
        if decoded.chars().any(char::is_control) {
            return found("an encoded control character");
        }
        if decoded
            .split('/')
            .any(|segment| segment == "." || segment == "..")
        {
            return found("a dot segment");
        }
        Self::parse(text)
    }

    /// The variables' names, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Whether it holds no variable.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The shape without the names: templates of equal shape match the same texts.
    #[must_use]
    pub fn shape(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                Part::Variable(_) => "{}",
            })
            .collect()
    }

    /// The variables' values in `text`, percent-decoded once; `None` where it does not match.
    #[must_use]
    pub fn matches(&self, text: &str) -> Option<Vec<(&str, String)>> {
        if self.is_literal() {
            return (self.text == text).then(Vec::new);
        }
        // Most templates are only ever expanded, so the pattern waits for the first text to match.
        let captures = self
            .matcher
            .get_or_init(|| self.pattern())
            .as_ref()?
            .captures(text)?;
        self.variables()
            .zip(captures.iter().skip(1))
            .map(|(name, value)| {
                let decoded = percent_decode_str(value?.as_str()).decode_utf8().ok()?;
                Some((name, decoded.into_owned()))
            })
            .collect()
    }

    fn pattern(&self) -> Option<Regex> {
        let mut pattern = String::from("^");
        for part in &self.parts {
            match part {
                Part::Literal(text) => pattern.push_str(&regex::escape(text)),
                Part::Variable(_) => pattern.push_str("([^/?#]+)"),
            }
        }
        pattern.push('$');
        Regex::new(&pattern).ok()
    }
}

/// Encodes a value for one place in a path (RFC 3986 §3.3), refusing whatever a server might read as structure.
///
/// # Errors
/// The [`ValueError`] that says what it may not hold.
pub fn encode_segment(value: &str, allow_slash: bool) -> Result<String, ValueError> {
    if value.is_empty() {
        return Err(ValueError::Empty);
    }
    if !allow_slash {
        check_segment(value)?;
        return Ok(utf8_percent_encode(value, SEGMENT).to_string());
    }
    let segments = value.split('/').map(|segment| {
        check_segment(segment)?;
        Ok(utf8_percent_encode(segment, SEGMENT).to_string())
    });
    Ok(segments.collect::<Result<Vec<_>, _>>()?.join("/"))
}

fn check_segment(segment: &str) -> Result<(), ValueError> {
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    for text in [segment, &*decoded] {
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        if text == "." || text == ".." {
            return Err(ValueError::Dots);
        }
        if text.contains(['/', '\\']) {
            return Err(ValueError::Character("/ or \\"));
        }
        if text.chars().any(char::is_control) {
            return Err(ValueError::Character("a control character"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
