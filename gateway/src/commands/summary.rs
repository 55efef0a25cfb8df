//! What `dev` says: at start what it serves and how to try it, later what changed and what is wrong.

use crate::{
    app::App,
    registry::{
        Registry,
        files::{Loaded, Severity},
        objects::Kind,
        rejected::Rejected,
    },
};

/// What is served, what is not and why, and a line to try it.
#[must_use]
pub fn of(app: &App, loaded: &Loaded) -> String {
    let gateway = app.gateway();
    let registry = gateway.registry.load();
    let mut lines = vec![format!("Serving {}.", counts(&registry)), String::new()];
    let mut names: Vec<&str> = registry.tools.keys().map(|name| &**name).collect();
    names.sort_unstable();
    lines.extend(row("tools", &names));
    let mut names: Vec<&str> = registry.prompts.keys().map(|name| &**name).collect();
    names.sort_unstable();
    lines.extend(row("prompts", &names));
    let exact = registry.resources.values();
    let mut names: Vec<&str> = exact
        .chain(&registry.templates)
        .map(|resource| resource.uri.text.as_str())
        .collect();
    names.sort_unstable();
    lines.extend(row("resources", &names));
    if registry.unselected > 0 {
        let count = registry.unselected;
        let server = &registry.server.name;
        lines.push(format!(
            "  {count} more {} not selected by the labels of MCPServer {server}.",
            are(count)
        ));
    }
    let problems: Vec<String> = problems(&registry, loaded).collect();
    if !problems.is_empty() {
        lines.push(String::new());
        lines.extend(problems.into_iter().map(|problem| format!("  {problem}")));
    }
    let url = format!("http://{}{}", app.address(), registry.server.path_prefix);
    lines.push(String::new());
    lines.push(format!("  endpoint  {url}"));
    lines.push(format!(
        "  metrics   http://{}/metrics",
        app.admin_address()
    ));
    lines.push(format!(
        "  try it    curl -s {url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}}'"
    ));
    lines.join("\n")
}

/// Logs a reload.
pub fn log(registry: &Registry, loaded: &Loaded) {
    tracing::info!("serving {}", counts(registry));
    for finding in &loaded.findings {
        match finding.severity {
            Severity::Note => tracing::info!("{finding}"),
            Severity::Warning => tracing::warn!("{finding}"),
            Severity::Error => tracing::error!("{finding}"),
        }
    }
    for rejected in &registry.rejected {
        tracing::error!("{}", located(rejected, loaded));
    }
}

/// A rejection with the line that it is about.
#[must_use]
pub fn located(rejected: &Rejected, loaded: &Loaded) -> String {
    match loaded.places.get(&rejected.object) {
        Some(place) => format!("{}: {rejected}", place.at(&rejected.field)),
        None => rejected.to_string(),
    }
}

fn problems(registry: &Registry, loaded: &Loaded) -> impl Iterator<Item = String> {
    let findings = loaded.findings.iter().map(|finding| finding.to_string());
    findings.chain(
        registry
            .rejected
            .iter()
            .map(|rejected| located(rejected, loaded)),
    )
}

fn counts(registry: &Registry) -> String {
    let count = |kind, one: &str| {
        let count = registry.count(kind);
        format!("{count} {one}{}", if count == 1 { "" } else { "s" })
    };
    let (tools, prompts) = (count(Kind::Tool, "tool"), count(Kind::Prompt, "prompt"));
    let resources = count(Kind::Resource, "resource");
    let rejected = match registry.rejected.len() {
        0 => String::new(),
        count => format!("; {count} rejected"),
    };
    format!(
        "{tools}, {prompts} and {resources} of {}/{}{rejected}",
        registry.server.namespace, registry.server.name
    )
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// One line of names, shortened where there are very many.
fn row(title: &str, names: &[&str]) -> Option<String> {
    const SHOWN: usize = 20;
    let rest = names.len().saturating_sub(SHOWN);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    let shown = names
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    (!names.is_empty()).then(|| format!("  {title:<10}{shown}{more}"))
}
