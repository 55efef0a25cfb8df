//! `check`: the verdict on every object, as the cluster would give it, without serving anything.

use std::collections::BTreeMap;

use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;
use serde_json::json;

use super::print;
use crate::{
    args::{CheckArgs, Output},
    registry::{
        Registry,
        build::build,
        files::{FileSource, Loaded, Severity},
        objects::ObjectRef,
    },
};

/// What became of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// `FILE:LINE`, empty where it is about no file in particular.
    pub place: String,
    /// The kind, empty where it is about no object.
    pub kind: String,
    /// `NAMESPACE/NAME`.
    pub object: String,
    /// `accepted`, `notSelected`, `rejected`, `warning` or `note`.
    pub status: &'static str,
    /// The reason of a rejection, as status conditions name it.
    pub reason: String,
    /// The field that it is about.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Prints the verdicts; `false` if anything is rejected.
///
/// # Errors
/// Where the files cannot be read.
pub fn run(args: &CheckArgs) -> anyhow::Result<bool> {
    let loaded = FileSource::new(args.source.options())?.load();
    let registry = build(&loaded.objects, None, 1);
    let verdicts = verdicts(&loaded, &registry);
    let rejected = verdicts
        .iter()
        .filter(|verdict| verdict.status == "rejected")
        .count();
    match args.output {
        Output::Json => print(&serde_json::to_string_pretty(
            &json!({"rejected": rejected, "objects": verdicts}),
        )?)?,
        Output::Table => print(&table(&verdicts, rejected))?,
    }
    Ok(rejected == 0)
}

/// One verdict per object and finding, in the order of the files.
#[must_use]
pub fn verdicts(loaded: &Loaded, registry: &Registry) -> Vec<Verdict> {
    let rejected: BTreeMap<&ObjectRef, _> = registry
        .rejected
        .iter()
        .map(|entry| (&entry.object, entry))
        .collect();
    let served: Vec<&ObjectRef> = served(registry).collect();
    let mut verdicts: Vec<Verdict> = loaded.findings.iter().map(finding).collect();
    for (object, place) in &loaded.places {
        let mut verdict = Verdict {
            place: place.to_string(),
            kind: object.kind.as_str().to_owned(),
            object: format!("{}/{}", object.namespace, object.name),
            status: "notSelected",
            reason: String::new(),
            field: String::new(),
            message: String::new(),
        };
        if let Some(entry) = rejected.get(object) {
            verdict.place = place.at(&entry.field).to_string();
            verdict.status = "rejected";
            verdict.reason = entry.reason.as_str().to_owned();
            verdict.field.clone_from(&entry.field);
            verdict.message.clone_from(&entry.message);
        } else if served.contains(&object) {
            verdict.status = "accepted";
        } else {
            verdict.message = "the labels are not what the MCPServer selects".to_owned();
        }
        verdicts.push(verdict);
    }
    verdicts.sort_by(|left, right| {
        (&left.kind, &left.object, &left.field).cmp(&(&right.kind, &right.object, &right.field))
    });
    verdicts
}

fn served(registry: &Registry) -> impl Iterator<Item = &ObjectRef> {
    let tools = registry.tools.values().map(|tool| &tool.object);
    let prompts = registry.prompts.values().map(|prompt| &prompt.object);
    let resources = registry
        .resources
        .values()
        .chain(&registry.templates)
        .map(|resource| &resource.object);
    tools
        .chain(prompts)
        .chain(resources)
        .chain(&registry.server.object)
}

fn finding(report: &crate::registry::files::Report) -> Verdict {
    Verdict {
        place: report
            .place
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        kind: report
            .object
            .as_ref()
            .map(|object| object.kind.as_str().to_owned())
            .unwrap_or_default(),
        object: report
            .object
            .as_ref()
            .map(|object| format!("{}/{}", object.namespace, object.name))
            .unwrap_or_default(),
        status: match report.severity {
            Severity::Error => "rejected",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        reason: String::new(),
        field: report.field.clone(),
        message: report.message.clone(),
    }
}

fn table(verdicts: &[Verdict], rejected: usize) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["KIND", "OBJECT", "STATUS", "REASON", "PLACE", "MESSAGE"]);
    for verdict in verdicts {
        let message = match verdict.field.as_str() {
            "" => verdict.message.clone(),
            field => format!("{field}: {}", verdict.message),
        };
        table.add_row([
            &*verdict.kind,
            &verdict.object,
            verdict.status,
            &verdict.reason,
            &verdict.place,
            &message,
        ]);
    }
    let table: Vec<String> = table
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let accepted = verdicts
        .iter()
        .filter(|verdict| verdict.status == "accepted")
        .count();
    format!(
        "{}\n\n{accepted} accepted, {rejected} rejected",
        table.join("\n")
    )
}
