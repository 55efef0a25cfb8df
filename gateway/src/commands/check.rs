//! `check`: the verdict on every object, as the servers of a cluster would give it, without serving anything.

use std::collections::{HashMap, HashSet};

use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;
use serde_json::json;
use shared::crd::Reason;

use super::print;
use crate::{
    args::{CheckArgs, Output},
    registry::{
        Registry,
        build::build,
        files::{FileOptions, FileSource, Loaded, Place, Report, Severity, SourceError},
        objects::{Kind, ObjectRef},
        rejected::Rejected,
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
    /// The MCPServers of the object's namespace that say so; none where it is said of the file, whichever server reads it.
    pub servers: Vec<String>,
    /// The reason of a rejection, as status conditions name it.
    pub reason: String,
    /// The field that it is about.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// What one server sees in the files, and what it makes of it.
#[derive(Debug)]
pub struct Judgement {
    /// What it sees.
    pub loaded: Loaded,
    /// What it makes of it.
    pub registry: Registry,
}

/// Prints the verdicts; `false` if anything is rejected.
///
/// # Errors
/// Where the files cannot be read.
pub fn run(args: &CheckArgs) -> anyhow::Result<bool> {
    let verdicts = verdicts(&judge(args.source.options())?);
    let rejected = count(&verdicts, "rejected");
    match args.output {
        Output::Json => print(&serde_json::to_string_pretty(
            &json!({"rejected": rejected, "objects": verdicts}),
        )?)?,
        Output::Table => print(&table(&verdicts))?,
    }
    Ok(rejected == 0)
}

/// The judgement of every MCPServer in the files, of the one that `options` name, or of none in particular.
///
/// # Errors
/// Where the files cannot be read.
pub fn judge(options: FileOptions) -> Result<Vec<Judgement>, SourceError> {
    let judge = |loaded: Loaded| Judgement {
        registry: build(&loaded.objects, None, 1),
        loaded,
    };
    let all = FileSource::for_each_server(options)?;
    Ok(all.into_iter().map(judge).collect())
}

/// What is said about the files and every object in them, sorted by object. An object that one server takes in and
/// another rejects has both verdicts.
#[must_use]
pub fn verdicts(judgements: &[Judgement]) -> Vec<Verdict> {
    let Some((first, others)) = judgements.split_first() else {
        return Vec::new();
    };
    // What only one server's view shows (an object of another namespace) is no mistake in the files.
    let shared = first.loaded.findings.iter().filter(|finding| {
        others
            .iter()
            .all(|other| other.loaded.findings.contains(finding))
    });
    let mut verdicts: Vec<Verdict> = shared.map(finding).collect();
    let views: Vec<View<'_>> = judgements.iter().map(View::of).collect();
    for (object, place) in &first.loaded.places {
        verdicts.extend(of_object(object, place, &views));
    }
    verdicts.sort_by(|left, right| {
        let key = |verdict: &Verdict| {
            (
                verdict.kind.clone(),
                verdict.object.clone(),
                verdict.field.clone(),
                verdict.servers.clone(),
            )
        };
        key(left).cmp(&key(right))
    });
    verdicts
}

/// One server's judgement, by object.
struct View<'a> {
    server: Option<&'a ObjectRef>,
    served: HashSet<&'a ObjectRef>,
    rejected: HashMap<&'a ObjectRef, Vec<&'a Rejected>>,
}

impl<'a> View<'a> {
    fn of(judgement: &'a Judgement) -> Self {
        let mut rejected: HashMap<_, Vec<_>> = HashMap::new();
        for entry in &judgement.registry.rejected {
            rejected.entry(&entry.object).or_default().push(entry);
        }
        Self {
            server: judgement.registry.server.object.as_ref(),
            served: served(&judgement.registry).collect(),
            rejected,
        }
    }
}

/// The verdicts on one object: who takes it in, who rejects it and why, or that nobody looks at it.
fn of_object(object: &ObjectRef, place: &Place, views: &[View<'_>]) -> Vec<Verdict> {
    let mut accepted: Option<Verdict> = None;
    let mut rejected: Vec<(&Rejected, Verdict)> = Vec::new();
    for view in views {
        let server = view.server.map(|server| server.name.clone());
        let entries = view.rejected.get(object);
        for entry in entries.into_iter().flatten().copied() {
            let same = |(other, _): &&mut (&Rejected, Verdict)| *other == entry;
            match rejected.iter_mut().find(same) {
                Some((_, verdict)) => verdict.servers.extend(server.clone()),
                None => rejected.push((entry, rejection(entry, place, server.clone()))),
            }
        }
        if entries.is_none() && view.served.contains(object) {
            accepted
                .get_or_insert_with(|| verdict(object, place, "accepted"))
                .servers
                .extend(server);
        }
    }
    if accepted.is_none() && rejected.is_empty() {
        return vec![Verdict {
            reason: Reason::NotSelected.as_str().to_owned(),
            message: why_not_selected(object, views),
            ..verdict(object, place, "notSelected")
        }];
    }
    let rejected = rejected.into_iter().map(|(_, verdict)| verdict);
    accepted.into_iter().chain(rejected).collect()
}

fn rejection(entry: &Rejected, place: &Place, server: Option<String>) -> Verdict {
    Verdict {
        servers: server.into_iter().collect(),
        reason: entry.reason.as_str().to_owned(),
        field: entry.field.clone(),
        message: entry.message.clone(),
        ..verdict(&entry.object, &place.at(&entry.field), "rejected")
    }
}

fn verdict(object: &ObjectRef, place: &Place, status: &'static str) -> Verdict {
    Verdict {
        place: place.to_string(),
        kind: object.kind.as_str().to_owned(),
        object: format!("{}/{}", object.namespace, object.name),
        status,
        servers: Vec::new(),
        reason: String::new(),
        field: String::new(),
        message: String::new(),
    }
}

fn why_not_selected(object: &ObjectRef, views: &[View<'_>]) -> String {
    if object.kind == Kind::Server {
        return "another MCPServer was chosen by --server; leave it out to judge for all"
            .to_owned();
    }
    let namespace = &object.namespace;
    let here = views.iter().filter_map(|view| view.server);
    let here: Vec<&str> = here
        .filter(|server| server.namespace == *namespace)
        .map(|server| server.name.as_str())
        .collect();
    if here.is_empty() {
        format!(
            "no MCPServer of namespace {namespace} is looked at, and a server selects in its own namespace only; move the object, or add a server there"
        )
    } else {
        let servers = here.join(", ");
        format!(
            "no MCPServer of namespace {namespace} selects its labels; compare them with the selectors of {servers}"
        )
    }
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

fn finding(report: &Report) -> Verdict {
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
        servers: Vec::new(),
        reason: String::new(),
        field: report.field.clone(),
        message: report.message.clone(),
    }
}

fn table(verdicts: &[Verdict]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "KIND", "OBJECT", "STATUS", "SERVERS", "REASON", "PLACE", "MESSAGE",
    ]);
    for verdict in verdicts {
        let message = match verdict.field.as_str() {
            "" => verdict.message.clone(),
            field => format!("{field}: {}", verdict.message),
        };
        table.add_row([
            &*verdict.kind,
            &verdict.object,
            verdict.status,
            &verdict.servers.join(","),
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
    let (accepted, rejected) = (count(verdicts, "accepted"), count(verdicts, "rejected"));
    format!(
        "{}\n\n{accepted} accepted, {rejected} rejected",
        table.join("\n")
    )
}

fn count(verdicts: &[Verdict], status: &str) -> usize {
    verdicts
        .iter()
        .filter(|verdict| verdict.status == status)
        .count()
}

#[cfg(test)]
mod tests;
