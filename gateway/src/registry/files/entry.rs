//! One document becomes entries: an object of ours, judged and typed, a Service, or nothing but a finding.
//! What several entries mean together (names used twice, which server) is not judged here.

use std::{collections::HashMap, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::crd::{GROUP, MCPPrompt, MCPResource, MCPServer, MCPTool, VERSION};

use super::{
    documents::Document,
    report::{Place, Report, Severity},
    service::service,
};
use crate::registry::{
    admit::{Admission, Finding, nearest, path},
    objects::{Kind, ObjectRef, Service},
};

/// The kinds of our group.
const KINDS: [Kind; 4] = [Kind::Server, Kind::Tool, Kind::Prompt, Kind::Resource];

/// Tells one text of an object from another.
pub(super) type Fingerprint = [u8; 32];

/// What one object of a file came to.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Of the object as it is written.
    pub(super) fingerprint: Fingerprint,
    /// Its name, where it has a fit one.
    pub(super) name: Option<ObjectRef>,
    /// What it is.
    pub(super) subject: Subject,
    /// Where it stands.
    pub(super) place: Place,
    /// What is said about it.
    pub(super) reports: Vec<Report>,
    findings: Vec<(Severity, Finding)>,
}

/// What an object of a file is to the gateway.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// An `MCPServer`.
    Server(Arc<MCPServer>),
    /// An `MCPTool`.
    Tool(Arc<MCPTool>),
    /// An `MCPPrompt`.
    Prompt(Arc<MCPPrompt>),
    /// An `MCPResource`.
    Resource(Arc<MCPResource>),
    /// A Service, by its namespace and name.
    Service((String, String), Service),
    /// Left out or skipped.
    Nothing,
}

/// Judges documents, and knows what it found of the same objects last time.
pub(super) struct Reader<'a> {
    /// The rules.
    pub(super) admission: &'a Admission,
    /// The file's name for people.
    pub(super) file: &'a Arc<str>,
    /// The file's text.
    pub(super) text: &'a Arc<str>,
    /// What the file's objects came to last time, by fingerprint.
    pub(super) before: HashMap<Fingerprint, Entry>,
}

impl Reader<'_> {
    /// All entries of a document, appended to `entries`.
    pub(super) fn read(&self, document: Document, entries: &mut Vec<Entry>) {
        let place = Place::new(self.file, self.text, document.index, document.line, "");
        let from = entries.len();
        self.object(document.value, document.index, "", &place, entries);
        // How the scalars of objects that are skipped read is not this program's business.
        let alone = entries.len() == from + 1;
        if let Some(first) = entries.get_mut(from).filter(|first| first.name.is_some()) {
            for (line, message) in document.warnings {
                let place = place.on_line(line);
                let object = first.name.clone().filter(|_| alone);
                let report = Report {
                    place: Some(place),
                    object,
                    ..Report::general(Severity::Warning, &message)
                };
                first.reports.push(report);
            }
        }
    }

    fn object(
        &self,
        value: Value,
        document: usize,
        prefix: &str,
        place: &Place,
        entries: &mut Vec<Entry>,
    ) {
        let (group, version, kind) = type_of(&value);
        let is_list = prefix.is_empty()
            && ((group.is_empty() && version == "v1" && kind == "List")
                || (group == GROUP
                    && KINDS
                        .iter()
                        .any(|known| kind.strip_suffix("List") == Some(known.as_str()))));
        if is_list {
            let items = value
                .get("items")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            for (index, item) in items.into_iter().enumerate() {
                let prefix = path::item("items", index);
                let place = Place::new(self.file, self.text, document, place.line, &prefix);
                self.object(item, document, &prefix, &place, entries);
            }
            return;
        }
        let fingerprint = fingerprint(value.to_string().as_bytes());
        let judged = match self.before.get(&fingerprint) {
            Some(before) => (
                before.name.clone(),
                before.subject.clone(),
                before.findings.clone(),
            ),
            None => self.judge(value, (&group, &version, &kind)),
        };
        let (name, subject, findings) = judged;
        let reports = findings
            .iter()
            .map(|(severity, finding)| {
                Report::field(
                    *severity,
                    place,
                    name.as_ref(),
                    &finding.path,
                    &finding.message,
                )
            })
            .collect();
        entries.push(Entry {
            fingerprint,
            name,
            subject,
            place: place.clone(),
            reports,
            findings,
        });
    }

    fn judge(&self, value: Value, (group, version, kind): (&str, &str, &str)) -> Judged {
        if let Some(finding) = no_object(&value) {
            return (None, Subject::Nothing, vec![(Severity::Error, finding)]);
        }
        let ours = KINDS.into_iter().find(|known| known.as_str() == kind);
        match (group, ours) {
            (GROUP, Some(kind)) if version == VERSION => self.judge_ours(kind, value),
            (GROUP, Some(_)) => wrong_type(
                "apiVersion",
                format!("{group}/{version} is not known here; write {GROUP}/{VERSION}"),
            ),
            (GROUP, None) => wrong_type("kind", unknown_kind(kind)),
            ("", Some(kind)) => wrong_type(
                "apiVersion",
                format!(
                    "a {} belongs to {GROUP}/{VERSION}; write that",
                    kind.as_str()
                ),
            ),
            ("", None) if version == "v1" && kind == "Service" => judge_service(&value),
            ("", None) if version == "v1" && kind == "Secret" => skipped(
                &value,
                kind,
                "values of Secrets are read from the folder that --secrets names",
            ),
            _ => skipped(&value, kind, &format!("not of {GROUP}")),
        }
    }

    fn judge_ours(&self, kind: Kind, mut value: Value) -> Judged {
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
            && metadata.get("namespace").is_none_or(Value::is_null)
        {
            metadata.insert("namespace".to_owned(), Value::from("default"));
        }
        let admitted = self.admission.admit(kind, value);
        let broken_name = admitted
            .errors
            .iter()
            .any(|error| matches!(error.path.as_str(), "metadata.name" | "metadata.namespace"));
        let name = if broken_name {
            None
        } else {
            object_ref(kind, &admitted.object)
        };
        let weighed = |findings: Vec<Finding>, severity: Severity| {
            findings.into_iter().map(move |finding| (severity, finding))
        };
        let fit = admitted.errors.is_empty();
        let mut findings: Vec<_> = weighed(admitted.errors, Severity::Error).collect();
        findings.extend(weighed(admitted.warnings, Severity::Warning));
        let subject = if fit {
            typed(kind, admitted.object)
        } else {
            Ok(Subject::Nothing)
        };
        let subject = subject.unwrap_or_else(|finding| {
            findings.push((Severity::Error, finding));
            Subject::Nothing
        });
        (name, subject, findings)
    }
}

type Judged = (Option<ObjectRef>, Subject, Vec<(Severity, Finding)>);

/// The object as the type of its kind. An object that was admitted but does not fit has met a gap between
/// the schema and the type; it is left out like any other.
fn typed(kind: Kind, value: Value) -> Result<Subject, Finding> {
    fn read<T: DeserializeOwned>(value: Value) -> Result<Arc<T>, Finding> {
        serde_path_to_error::deserialize(value)
            .map(Arc::new)
            .map_err(|error| Finding {
                path: error.path().to_string(),
                message: error.inner().to_string(),
            })
    }
    Ok(match kind {
        Kind::Server => Subject::Server(read(value)?),
        Kind::Tool => Subject::Tool(read(value)?),
        Kind::Prompt => Subject::Prompt(read(value)?),
        Kind::Resource => Subject::Resource(read(value)?),
    })
}

fn judge_service(value: &Value) -> Judged {
    let text = |field: &str| value["metadata"][field].as_str();
    let Some(name) = text("name") else {
        return wrong_type(
            "metadata.name",
            "is missing; give the Service its name".to_owned(),
        );
    };
    let namespace = text("namespace").unwrap_or("default");
    match service(name, value) {
        Ok(service) => (
            None,
            Subject::Service((namespace.to_owned(), name.to_owned()), service),
            Vec::new(),
        ),
        Err((field, message)) => wrong_type(&field, format!("the Service is left out: {message}")),
    }
}

fn wrong_type(field: &str, message: String) -> Judged {
    (
        None,
        Subject::Nothing,
        vec![(
            Severity::Error,
            Finding {
                path: field.to_owned(),
                message,
            },
        )],
    )
}

fn skipped(value: &Value, kind: &str, why: &str) -> Judged {
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    let message = format!("{kind} {name} skipped: {why}");
    (
        None,
        Subject::Nothing,
        vec![(
            Severity::Note,
            Finding {
                path: String::new(),
                message,
            },
        )],
    )
}

/// What is wrong with a document that is no object of a cluster at all.
fn no_object(value: &Value) -> Option<Finding> {
    let finding = |path: &str, message: &str| {
        Some(Finding {
            path: path.to_owned(),
            message: message.to_owned(),
        })
    };
    if !value.is_object() {
        return finding(
            "",
            "a document must be an object with apiVersion, kind and metadata; this one is something else",
        );
    }
    for field in ["apiVersion", "kind"] {
        match &value[field] {
            Value::String(text) if !text.is_empty() => {}
            Value::Null if field == "apiVersion" => {
                return finding(
                    field,
                    &format!("is missing; add apiVersion: {GROUP}/{VERSION}"),
                );
            }
            Value::Null => {
                return finding(
                    field,
                    "is missing; add one of MCPServer, MCPTool, MCPPrompt, MCPResource",
                );
            }
            _ => return finding(field, "must be a string that is not empty"),
        }
    }
    None
}

fn unknown_kind(kind: &str) -> String {
    let near = nearest(kind, KINDS.into_iter().map(Kind::as_str))
        .map(|near| format!("; did you mean {near}?"));
    let near = near.unwrap_or_default();
    format!(
        "{GROUP} has no kind {kind:?}; its kinds are MCPServer, MCPTool, MCPPrompt and MCPResource{near}"
    )
}

/// Group, version and kind, empty where they are not given.
fn type_of(value: &Value) -> (String, String, String) {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    // The group alone, with the version forgotten, is told as a wrong version rather than skipped as foreign.
    let (group, version) = match text("apiVersion") {
        GROUP => (GROUP, ""),
        whole => whole.split_once('/').unwrap_or(("", whole)),
    };
    (
        group.to_owned(),
        version.to_owned(),
        text("kind").to_owned(),
    )
}

fn object_ref(kind: Kind, object: &Value) -> Option<ObjectRef> {
    let text = |field: &str| object["metadata"][field].as_str().map(ToOwned::to_owned);
    Some(ObjectRef {
        kind,
        namespace: text("namespace")?,
        name: text("name")?,
    })
}

/// The fingerprint of a text.
pub(super) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    Sha256::digest(bytes).into()
}
