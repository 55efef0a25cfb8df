//! Condition types and reasons as closed sets, and the one way of putting a condition into a list.
//! When a condition holds is not decided here.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// One server took the object in (tools, prompts, resources).
    Accepted,
    /// The Services and Secrets that the object names can be used (tools, prompts, resources).
    ResolvedRefs,
    /// All is well: every selecting server took the object in, or the server's children are up.
    Ready,
    /// The gateway pods reach Redis (servers).
    RedisReady,
    /// Sessions, limits and cache hold across pods (servers).
    StateShared,
    /// `per: client` cannot tell clients apart behind the Ingress (servers).
    ClientAddressUntrusted,
}

impl ConditionType {
    /// The `type` as written in a status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::ResolvedRefs => "ResolvedRefs",
            Self::Ready => "Ready",
            Self::RedisReady => "RedisReady",
            Self::StateShared => "StateShared",
            Self::ClientAddressUntrusted => "ClientAddressUntrusted",
        }
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody can say.
    Unknown,
}

impl ConditionStatus {
    /// The `status` as written in a status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// Why a condition holds or not; the closed set that conditions, Events, metrics, log lines and commands share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The server took the object in.
    Accepted,
    /// Everything that the object refers to was found.
    ResolvedRefs,
    /// Every selecting server took the object in, or every child is up.
    Ready,
    /// No server of the namespace selects the object's labels.
    NotSelected,
    /// The server has no selector, so it selects nothing.
    NoSelector,
    /// Another object of the server has the same name, URI or path, and is older.
    NameConflict,
    /// `inputSchema` or `outputSchema` is not a schema that can be used.
    InvalidSchema,
    /// A path cannot be used as one.
    InvalidPath,
    /// A template has an unclosed brace or an undeclared name.
    InvalidTemplate,
    /// A jq filter does not parse, or does what filters may not do.
    InvalidFilter,
    /// A parameter mapping contradicts itself or the request it makes.
    InvalidParameter,
    /// A constant header cannot be sent.
    InvalidHeader,
    /// A duration, number or other value is out of its range.
    InvalidValue,
    /// A field that must be there is absent, or fields that exclude each other are both there.
    InvalidSpec,
    /// A cache was asked for where answers may not be kept.
    InvalidCache,
    /// Inline content is not what it says (for example not base64).
    InvalidContent,
    /// The Service does not exist.
    ServiceNotFound,
    /// The Service has no such port.
    PortNotFound,
    /// The Service is of a type that calls may not go to.
    UnsupportedService,
    /// The Secret, or its key, does not exist.
    SecretNotFound,
    /// The server's `allowedSecrets` does not name the Secret.
    SecretNotAllowed,
    /// The object uses what this version cannot do yet.
    Unsupported,
    /// A child of that name exists and belongs to somebody else.
    ChildConflict,
    /// Children are still coming up.
    Progressing,
    /// Redis answers.
    Connected,
    /// Redis does not answer.
    Unreachable,
    /// Nothing of the kind is configured.
    NotConfigured,
}

impl Reason {
    /// All reasons, in the order of their declaration.
    pub const ALL: [Self; 27] = [
        Self::Accepted,
        Self::ResolvedRefs,
        Self::Ready,
        Self::NotSelected,
        Self::NoSelector,
        Self::NameConflict,
        Self::InvalidSchema,
        Self::InvalidPath,
        Self::InvalidTemplate,
        Self::InvalidFilter,
        Self::InvalidParameter,
        Self::InvalidHeader,
        Self::InvalidValue,
        Self::InvalidSpec,
        Self::InvalidCache,
        Self::InvalidContent,
        Self::ServiceNotFound,
        Self::PortNotFound,
        Self::UnsupportedService,
        Self::SecretNotFound,
        Self::SecretNotAllowed,
        Self::Unsupported,
        Self::ChildConflict,
        Self::Progressing,
        Self::Connected,
        Self::Unreachable,
        Self::NotConfigured,
    ];

    /// The `reason` as written in a status, an Event or a metric's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::ResolvedRefs => "ResolvedRefs",
            Self::Ready => "Ready",
            Self::NotSelected => "NotSelected",
            Self::NoSelector => "NoSelector",
            Self::NameConflict => "NameConflict",
            Self::InvalidSchema => "InvalidSchema",
            Self::InvalidPath => "InvalidPath",
            Self::InvalidTemplate => "InvalidTemplate",
            Self::InvalidFilter => "InvalidFilter",
            Self::InvalidParameter => "InvalidParameter",
            Self::InvalidHeader => "InvalidHeader",
            Self::InvalidValue => "InvalidValue",
            Self::InvalidSpec => "InvalidSpec",
            Self::InvalidCache => "InvalidCache",
            Self::InvalidContent => "InvalidContent",
            Self::ServiceNotFound => "ServiceNotFound",
            Self::PortNotFound => "PortNotFound",
            Self::UnsupportedService => "UnsupportedService",
            Self::SecretNotFound => "SecretNotFound",
            Self::SecretNotAllowed => "SecretNotAllowed",
            Self::Unsupported => "Unsupported",
            Self::ChildConflict => "ChildConflict",
            Self::Progressing => "Progressing",
            Self::Connected => "Connected",
            Self::Unreachable => "Unreachable",
            Self::NotConfigured => "NotConfigured",
        }
    }
}

/// A condition as it would be written now.
#[must_use]
pub fn condition(
    type_: ConditionType,
    status: ConditionStatus,
    reason: Reason,
    message: &str,
    generation: Option<i64>,
    now: Time,
) -> Condition {
    Condition {
        last_transition_time: now,
        message: message.to_owned(),
        observed_generation: generation,
        reason: reason.as_str().to_owned(),
        status: status.as_str().to_owned(),
        type_: type_.as_str().to_owned(),
    }
}

/// Puts a condition into a list in place of the one of its type; the time of the last transition moves only when the
/// status does, so that writers who agree write the same bytes.
pub fn set_condition(conditions: &mut Vec<Condition>, new: Condition) {
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) if old.status == new.status => {
            let last_transition_time = old.last_transition_time.clone();
            *old = Condition {
                last_transition_time,
                ..new
            };
        }
        Some(old) => *old = new,
        None => conditions.push(new),
    }
}
