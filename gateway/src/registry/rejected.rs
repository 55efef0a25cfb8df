//! Objects that were left out, and what to do about it.

use std::fmt;

use shared::crd::Reason;

use super::objects::ObjectRef;

/// One object that is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which object.
    pub object: ObjectRef,
    /// Why, from the closed set that status, Events and metrics use.
    pub reason: Reason,
    /// The field that is at fault, such as `spec.inputSchema.properties.a`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {} ({})",
            self.object,
            self.field,
            self.message,
            self.reason.as_str()
        )
    }
}

/// What is wrong with one field, before it is known whose field it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub reason: Reason,
    /// The field's path.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Problem {
    /// A problem with `field`.
    #[must_use]
    pub fn new(reason: Reason, field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self {
            reason,
            field: field.into(),
            message: message.to_string(),
        }
    }

    /// Says whose problem it is.
    #[must_use]
    pub fn of(self, object: ObjectRef) -> Rejected {
        Rejected {
            object,
            reason: self.reason,
            field: self.field,
            message: self.message,
        }
    }
}
