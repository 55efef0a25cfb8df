//! Puts the entries of all files together: one object per name, the server to be, what it can see, and
//! the findings in the order of the files. Reads nothing.

use std::{collections::HashMap, sync::Arc};

use shared::crd::MCPServer;

use super::{
    ChoiceError, FileSource, Loaded,
    choose::choose,
    entry::{Entry, Subject},
    file::{Root, display},
    report::{Place, Report, Severity},
};
use crate::registry::objects::{Kind, ObjectRef, Objects, Services};

impl FileSource {
    /// Everything that was read, as one state. Where the server cannot be chosen the last one stays.
    pub(super) fn assemble(&self) -> (Loaded, Result<(), ChoiceError>) {
        let mut loaded = Loaded::default();
        loaded.objects.services = Services {
            overrides: self.options.overrides.clone(),
            by_name: true,
            ..Services::default()
        };
        let mut servers = HashMap::new();
        self.report_trouble(&mut loaded.findings);
        for state in self.files.values() {
            loaded.findings.extend(state.broken.clone());
            for entry in &state.entries {
                loaded.findings.extend(entry.reports.iter().cloned());
                loaded.add(entry, &mut servers);
            }
        }
        if let Some(secrets) = &self.secrets {
            loaded.objects.secrets = secrets.values.clone();
        }
        let choice = self.choose_server(&servers);
        loaded.objects.server = match &choice {
            Ok(server) => server.clone(),
            Err(_) => self.last.objects.server.clone(),
        };
        loaded.keep_one_namespace();
        (loaded, choice.map(|_| ()))
    }

    fn report_trouble(&self, findings: &mut Vec<Report>) {
        let failed = self
            .secrets
            .as_ref()
            .and_then(|secrets| secrets.failed.as_ref());
        for (path, error) in self.trouble.iter().chain(failed) {
            let shown = self.shown(path);
            let message = if error.kind() == std::io::ErrorKind::NotFound
                && failed.is_none_or(|failed| failed.0 != *path)
            {
                format!(
                    "{shown} is gone, and its objects with it; it is read again as soon as it is back"
                )
            } else {
                format!(
                    "cannot read {shown}: {error}; what it held before stays, check its permissions"
                )
            };
            findings.push(Report::general(Severity::Error, &message));
        }
    }

    /// A path from the root of the file system as it was given on the command line.
    fn shown(&self, path: &std::path::Path) -> Arc<str> {
        let given = self.roots.iter().find_map(|root| match root {
            Root::Watched { given, absolute } => match path.strip_prefix(absolute) {
                Ok(rest) if rest.as_os_str().is_empty() => Some(given.clone()),
                Ok(rest) => Some(given.join(rest)),
                Err(_) => None,
            },
            Root::Once { .. } => None,
        });
        display(given.as_deref().unwrap_or(path))
    }

    /// The server to be. One that is in the files but was refused counts as there: its own finding says
    /// what is wrong, and the last good one stays.
    fn choose_server(
        &self,
        good: &HashMap<ObjectRef, Arc<MCPServer>>,
    ) -> Result<Option<Arc<MCPServer>>, ChoiceError> {
        let mut named: Vec<&ObjectRef> = self
            .files
            .values()
            .flat_map(|state| &state.entries)
            .filter_map(|entry| entry.name.as_ref())
            .filter(|name| name.kind == Kind::Server)
            .collect();
        named.sort();
        named.dedup();
        let chosen = choose(&named, self.options.server.as_deref())?;
        Ok(chosen.and_then(|name| good.get(name).cloned().or_else(|| self.last_server(name))))
    }

    fn last_server(&self, name: &ObjectRef) -> Option<Arc<MCPServer>> {
        let server = self.last.objects.server.as_ref()?;
        let same = server.metadata.name.as_ref() == Some(&name.name)
            && server.metadata.namespace.as_ref() == Some(&name.namespace);
        same.then(|| Arc::clone(server))
    }
}

impl Loaded {
    fn add(&mut self, entry: &Entry, servers: &mut HashMap<ObjectRef, Arc<MCPServer>>) {
        if let Subject::Service(name, service) = &entry.subject {
            if self.objects.services.known.contains_key(name) {
                let message = format!(
                    "a Service {}/{} is already there; left out, keep one of the two",
                    name.0, name.1
                );
                self.findings.push(Report::field(
                    Severity::Error,
                    &entry.place,
                    None,
                    "metadata.name",
                    &message,
                ));
            } else {
                self.objects
                    .services
                    .known
                    .insert(name.clone(), service.clone());
            }
        }
        let (Some(name), false) = (&entry.name, matches!(entry.subject, Subject::Nothing)) else {
            return;
        };
        if let Some(first) = self.places.get(name) {
            let message = format!(
                "this name is already used at {first}; left out, give one of the two another name"
            );
            self.findings.push(Report::field(
                Severity::Error,
                &entry.place,
                Some(name),
                "metadata.name",
                &message,
            ));
            return;
        }
        self.places.insert(name.clone(), entry.place.clone());
        match &entry.subject {
            Subject::Server(server) => {
                servers.insert(name.clone(), Arc::clone(server));
            }
            Subject::Tool(tool) => self.objects.tools.push(Arc::clone(tool)),
            Subject::Prompt(prompt) => self.objects.prompts.push(Arc::clone(prompt)),
            Subject::Resource(resource) => self.objects.resources.push(Arc::clone(resource)),
            Subject::Service(..) | Subject::Nothing => {}
        }
    }

    /// A server sees the objects of its own namespace only.
    fn keep_one_namespace(&mut self) {
        let Some(server) = &self.objects.server else {
            return;
        };
        let namespace = server.metadata.namespace.clone().unwrap_or_default();
        let server = format!(
            "{namespace}/{}",
            server.metadata.name.as_deref().unwrap_or_default()
        );
        let here = |found: &Option<String>| found.as_deref().unwrap_or_default() == namespace;
        self.objects
            .tools
            .retain(|tool| here(&tool.metadata.namespace));
        self.objects
            .prompts
            .retain(|prompt| here(&prompt.metadata.namespace));
        self.objects
            .resources
            .retain(|resource| here(&resource.metadata.namespace));
        let mut elsewhere: Vec<(&ObjectRef, &Place)> = self
            .places
            .iter()
            .filter(|(name, _)| name.kind != Kind::Server && name.namespace != namespace)
            .collect();
        elsewhere.sort_by_key(|(name, _)| *name);
        let message = format!("of another namespace than the server {server}, so not served");
        self.findings
            .extend(elsewhere.into_iter().map(|(name, place)| {
                Report::field(
                    Severity::Note,
                    place,
                    Some(name),
                    "metadata.namespace",
                    &message,
                )
            }));
    }
}

/// Whether a build of `one` could differ from a build of `other`.
pub(super) fn differs(one: &Objects, other: &Objects) -> bool {
    fn same<T>(one: &[Arc<T>], other: &[Arc<T>]) -> bool {
        one.len() == other.len()
            && one
                .iter()
                .zip(other)
                .all(|(one, other)| Arc::ptr_eq(one, other))
    }
    let same_server = match (&one.server, &other.server) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    };
    !(same_server
        && same(&one.tools, &other.tools)
        && same(&one.prompts, &other.prompts)
        && same(&one.resources, &other.resources)
        && one.services.known == other.services.known
        && one.secrets == other.secrets)
}
