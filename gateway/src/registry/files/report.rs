//! Where an object stands, and what is said about it, in the form `FILE:LINE: KIND NAMESPACE/NAME: FIELD: MESSAGE`.
//! Holds what was found out elsewhere; prints nothing itself.

use std::{fmt, sync::Arc};

use super::lines::line_of;
use crate::registry::{admit::path, objects::ObjectRef};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Note,
    /// Something was not taken as it was perhaps meant.
    Warning,
    /// Something is left out until it is mended.
    Error,
}

/// A line of a file, and the object that it belongs to.
#[derive(Clone)]
pub struct Place {
    /// The file as it was named on the command line, or found in a folder named there.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    text: Arc<str>,
    document: usize,
    prefix: Arc<str>,
}

impl Place {
    /// The start of a document of `text`; `prefix` leads to the object inside it, as `items[3]` does.
    pub(super) fn new(
        file: &Arc<str>,
        text: &Arc<str>,
        document: usize,
        line: usize,
        prefix: &str,
    ) -> Self {
        let whole = Self {
            file: Arc::clone(file),
            line,
            text: Arc::clone(text),
            document,
            prefix: Arc::from(prefix),
        };
        if prefix.is_empty() {
            whole
        } else {
            whole.at("")
        }
    }

    /// Another line of the same file.
    pub(super) fn on_line(&self, line: usize) -> Self {
        Self {
            line,
            ..self.clone()
        }
    }

    /// The place of a field (`spec.parameters[0].in`) of the object here, or of the nearest field around it.
    #[must_use]
    pub fn at(&self, field: &str) -> Self {
        let line = line_of(&self.text, self.document, &path::join(&self.prefix, field))
            .unwrap_or(self.line);
        Self {
            line,
            ..self.clone()
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.line == other.line
    }
}

impl Eq for Place {}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is, the line being that of the field if it was found.
    pub place: Option<Place>,
    /// The object that it is about.
    pub object: Option<ObjectRef>,
    /// The field, such as `spec.service.path`; empty for the whole object or file.
    pub field: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Report {
    /// A finding about no file in particular.
    pub(super) fn general(severity: Severity, message: &str) -> Self {
        Self {
            severity,
            place: None,
            object: None,
            field: String::new(),
            message: message.to_owned(),
        }
    }

    /// A finding about the object at `place` or one field of it.
    pub(super) fn field(
        severity: Severity,
        place: &Place,
        object: Option<&ObjectRef>,
        field: &str,
        message: &str,
    ) -> Self {
        let place = if field.is_empty() {
            place.clone()
        } else {
            place.at(field)
        };
        Self {
            severity,
            place: Some(place),
            object: object.cloned(),
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}
