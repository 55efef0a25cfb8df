//! The one pure function from objects to a registry. It never fails: what cannot be served is left out and reported.
//! Reads nothing but its arguments; the clock only stamps the result.

mod plan;
mod prompt;
mod resource;
mod server;
mod tool;

use std::{
    cell::RefCell,
    cmp::Ordering,
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::SystemTime,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use rustc_hash::{FxHashMap, FxHasher};
use shared::crd::Reason;

use super::{
    Registry,
    jq::Programs,
    list::{Entry, List},
    objects::{Kind, ObjectRef, Objects},
    rejected::{Problem, Rejected},
    select,
    snapshot::{Content, Inputs, Operation, Resource, Server},
};

/// Builds the registry; `previous` lends what it compiled from the same inputs, `cores` sizes the tools' counters.
#[must_use]
pub fn build(objects: &Objects, previous: Option<&Registry>, cores: usize) -> Registry {
    let mut rejected = Vec::new();
    let (server, problems) = server::compile(objects.server.as_deref());
    if let Some(object) = objects.server.as_deref() {
        let object = reference(Kind::Server, &object.metadata);
        rejected.extend(
            problems
                .into_iter()
                .map(|problem| problem.of(object.clone())),
        );
    }
    // An unchanged server keeps its identity, by which compiled objects know that nothing around them moved.
    let server = match previous {
        Some(previous) if *previous.server == server => Arc::clone(&previous.server),
        _ => Arc::new(server),
    };
    let selectors = Selectors::of(objects);
    let mut unselected = 0;
    let surroundings = surroundings(objects);
    let context = Context {
        objects,
        server: &server,
        previous,
        settled: previous.is_some_and(|previous| previous.surroundings == surroundings),
        programs: RefCell::default(),
        cores,
    };

    let tools = selected(
        &objects.tools,
        |tool| &tool.metadata,
        selectors.tools,
        &mut unselected,
    );
    let (tools, tool_list) = tool::all(&context, tools, &mut rejected);
    let prompts = selected(
        &objects.prompts,
        |prompt| &prompt.metadata,
        selectors.prompts,
        &mut unselected,
    );
    let (prompts, prompt_list) = prompt::all(&context, prompts, &mut rejected);
    let resources = selected(
        &objects.resources,
        |resource| &resource.metadata,
        selectors.resources,
        &mut unselected,
    );
    let resources = resource::all(&context, resources, &mut rejected);

    let (exact, templates): (Vec<_>, Vec<_>) = resources
        .into_iter()
        .partition(|resource| resource.uri.is_literal());
    let operations = operations(exact.iter().chain(&templates));
    let list = |resources: &[Arc<Resource>]| {
        List::new(
            resources
                .iter()
                .map(|item| (Arc::from(item.uri.text.as_str()), &item.entry)),
        )
    };
    Registry {
        resource_list: list(&exact),
        template_list: list(&templates),
        resources: exact
            .into_iter()
            .map(|item| (Arc::from(item.uri.text.as_str()), item))
            .collect(),
        templates,
        operations,
        tools,
        tool_list,
        prompts,
        prompt_list,
        server,
        rejected,
        unselected,
        surroundings,
        built: SystemTime::now(),
    }
}

/// What compiling one object may look at.
struct Context<'a> {
    objects: &'a Objects,
    server: &'a Arc<Server>,
    previous: Option<&'a Registry>,
    /// Whether all Services and Secrets are what they were for `previous`.
    settled: bool,
    /// Filters that were compiled in this build.
    programs: RefCell<Programs>,
    cores: usize,
}

impl Context<'_> {
    /// Whether what was compiled from `inputs` is what compiling `source` now would give.
    fn still_holds<K>(
        &self,
        inputs: &Inputs<K>,
        source: &Arc<K>,
        references: impl Fn() -> u64,
    ) -> bool {
        Arc::ptr_eq(&inputs.source, source)
            && Arc::ptr_eq(&inputs.server, self.server)
            && (self.settled || inputs.references == references())
    }

    fn inputs<K>(&self, source: &Arc<K>, references: u64) -> Inputs<K> {
        Inputs {
            source: Arc::clone(source),
            server: Arc::clone(self.server),
            references,
        }
    }
}

/// All that objects can refer to, as a number: while it stays, nobody's references need to be looked at.
fn surroundings(objects: &Objects) -> u64 {
    let mut hasher = FxHasher::default();
    objects.services.hash(&mut hasher);
    objects.secrets.hash(&mut hasher);
    hasher.finish()
}

/// Which labels are selected, by kind; `None` selects everything.
struct Selectors<'a> {
    tools: Selector<'a>,
    prompts: Selector<'a>,
    resources: Selector<'a>,
}

#[derive(Clone, Copy)]
enum Selector<'a> {
    Everything,
    Nothing,
    Labels(&'a LabelSelector),
}

impl<'a> Selectors<'a> {
    fn of(objects: &'a Objects) -> Self {
        let Some(server) = objects.server.as_deref() else {
            return Self {
                tools: Selector::Everything,
                prompts: Selector::Everything,
                resources: Selector::Everything,
            };
        };
        let spec = &server.spec;
        let tools = spec
            .tool_selector
            .as_ref()
            .map_or(Selector::Nothing, Selector::Labels);
        Self {
            tools,
            prompts: spec
                .prompt_selector
                .as_ref()
                .map_or(tools, Selector::Labels),
            resources: spec
                .resource_selector
                .as_ref()
                .map_or(tools, Selector::Labels),
        }
    }
}

/// The selected objects, older ones first, so that the first of a name is the one that keeps it.
fn selected<'a, K>(
    all: &'a [Arc<K>],
    metadata: impl Fn(&K) -> &ObjectMeta,
    selector: Selector<'_>,
    unselected: &mut usize,
) -> Vec<&'a Arc<K>> {
    let none = BTreeMap::new();
    let is_selected = |object: &&Arc<K>| match selector {
        Selector::Everything => true,
        Selector::Nothing => false,
        Selector::Labels(selector) => select::matches(
            selector,
            metadata(object.as_ref()).labels.as_ref().unwrap_or(&none),
        ),
    };
    let mut selected: Vec<&Arc<K>> = all.iter().filter(is_selected).collect();
    *unselected += all.len() - selected.len();
    selected.sort_by(|left, right| age(metadata(left.as_ref()), metadata(right.as_ref())));
    selected
}

/// Older first, then the lesser name; files give no age.
fn age(left: &ObjectMeta, right: &ObjectMeta) -> Ordering {
    let time = |meta: &ObjectMeta| meta.creation_timestamp.as_ref().map(|time| time.0);
    time(left)
        .cmp(&time(right))
        .then_with(|| left.name.cmp(&right.name))
}

/// Names an object.
fn reference(kind: Kind, metadata: &ObjectMeta) -> ObjectRef {
    ObjectRef {
        kind,
        namespace: metadata
            .namespace
            .clone()
            .unwrap_or_else(|| "default".to_owned()),
        name: metadata.name.clone().unwrap_or_default(),
    }
}

/// Puts named entries into a map and a sorted list; the first of a name wins, the others are told so.
fn named<T>(
    compiled: Vec<Arc<T>>,
    name: impl Fn(&T) -> &Arc<str>,
    object: impl Fn(&T) -> &ObjectRef,
    entry: impl Fn(&T) -> &Entry,
    rejected: &mut Vec<Rejected>,
) -> (FxHashMap<Arc<str>, Arc<T>>, List) {
    let mut map: FxHashMap<Arc<str>, Arc<T>> = FxHashMap::default();
    map.reserve(compiled.len());
    for item in compiled {
        if let Some(winner) = map.get(name(&item)) {
            let message = format!(
                "the name \"{}\" is taken by {}; give another one",
                name(&item),
                object(winner)
            );
            rejected.push(
                Problem::new(Reason::NameConflict, "spec.name", message).of(object(&item).clone()),
            );
            continue;
        }
        map.insert(Arc::clone(name(&item)), item);
    }
    let mut sorted: Vec<&Arc<T>> = map.values().collect();
    sorted.sort_unstable_by(|left, right| name(left).cmp(name(right)));
    let sorted = sorted.iter();
    let list = List::new(sorted.map(|item| (Arc::clone(name(item)), entry(item))));
    (map, list)
}

/// Every operation of every resource, exact paths before templates.
fn operations<'a>(resources: impl Iterator<Item = &'a Arc<Resource>>) -> Vec<Arc<Operation>> {
    let mut operations: Vec<Arc<Operation>> = resources
        .flat_map(|resource| match &resource.content {
            Content::Inline(_) => &[][..],
            Content::Service { operations, .. } => operations.as_slice(),
        })
        .map(Arc::clone)
        .collect();
    operations.sort_by(|left, right| {
        let key = |operation: &Operation| !operation.ingress_path.is_literal();
        key(left)
            .cmp(&key(right))
            .then_with(|| left.ingress_path.text.cmp(&right.ingress_path.text))
    });
    operations
}

#[cfg(test)]
mod tests;
