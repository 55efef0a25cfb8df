//! Resources: inline content rendered, operations planned, conflicts found by URI and by path.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Method;
use rustc_hash::FxHashMap;
use serde_json::json;
use shared::crd::{CacheScope, HttpMethod, MCPResource, MCPResourceSpec, Reason};

use super::{Context, plan, reference};
use crate::{
    mcp::{json::push_string, result::CacheHint},
    registry::{
        list::Entry,
        objects::{Kind, ObjectRef},
        rejected::{Problem, Rejected},
        snapshot::{Content, Inputs, Operation, Resource},
        template::Template,
    },
};

/// All resources, sorted by URI.
pub(super) fn all(
    context: &Context<'_>,
    objects: Vec<&Arc<MCPResource>>,
    rejected: &mut Vec<Rejected>,
) -> Vec<Arc<Resource>> {
    let mut compiled = Vec::with_capacity(objects.len());
    let mut claims = Claims::default();
    for source in objects {
        let result = resource(context, source).and_then(|resource| {
            claims.add(&resource)?;
            Ok(resource)
        });
        match result {
            Ok(resource) => compiled.push(resource),
            Err(problem) => {
                rejected.push(problem.of(reference(Kind::Resource, &source.metadata)));
            }
        }
    }
    compiled.sort_by(|left: &Arc<Resource>, right| left.uri.text.cmp(&right.uri.text));
    compiled
}

/// The resource as it was compiled before, if neither the object nor what it refers to has changed.
fn resource(context: &Context<'_>, source: &Arc<MCPResource>) -> Result<Arc<Resource>, Problem> {
    let namespace = source.metadata.namespace.as_deref().unwrap_or("default");
    let references = || plan::resource_references(context, namespace, &source.spec);
    let previous = uri(&source.spec)
        .and_then(|(uri, _)| context.previous?.resource_with_uri(&uri))
        .filter(|previous| context.still_holds(&previous.inputs, source, references));
    match previous {
        Some(previous) => Ok(Arc::clone(previous)),
        None => compile(context, context.inputs(source, references())).map(Arc::new),
    }
}

/// Who has which URI and which path, by shape: templates of one shape match the same texts.
#[derive(Default)]
struct Claims {
    uris: FxHashMap<String, Arc<Resource>>,
    paths: FxHashMap<(Method, String), Arc<Resource>>,
}

impl Claims {
    /// Takes the URI and the paths of a resource, all or none.
    fn add(&mut self, resource: &Arc<Resource>) -> Result<(), Problem> {
        let conflict = |field: &str, what: &str, winner: &Resource| {
            let message = format!("{what} is taken by {}; give another one", winner.object);
            Err(Problem::new(Reason::NameConflict, field, message))
        };
        let shape = resource.uri.shape();
        if let Some(winner) = self.uris.get(&shape) {
            let what = format!("the URI {}", resource.uri.text);
            return conflict(uri_field(&resource.inputs.source.spec), &what, winner);
        }
        let operations = match &resource.content {
            Content::Inline(_) => &[][..],
            Content::Service { operations, .. } => operations,
        };
        let mut taken = Vec::with_capacity(operations.len());
        for (index, operation) in operations.iter().enumerate() {
            let method = operation.request.method.clone();
            let key = (method, operation.ingress_path.shape());
            let winner = self.paths.get(&key);
            // One object can have two operations of one shape, too: {a} and {b} are the same to a request.
            if let Some(winner) = winner.or_else(|| taken.contains(&key).then_some(resource)) {
                let field = format!("spec.operations[{index}].ingressPath");
                let what = format!("{} {}", key.0, operation.ingress_path.text);
                return conflict(&field, &what, winner);
            }
            taken.push(key);
        }
        self.uris.insert(shape, Arc::clone(resource));
        self.paths
            .extend(taken.into_iter().map(|key| (key, Arc::clone(resource))));
        Ok(())
    }
}

/// The URI that clients read, and the field that says so; `None` where the object says neither or both.
fn uri(spec: &MCPResourceSpec) -> Option<(Cow<'_, str>, &'static str)> {
    let field = uri_field(spec);
    match (&spec.content, spec.operations.as_slice()) {
        (Some(inline), []) => Some((Cow::Borrowed(&inline.uri), field)),
        (None, [first, ..]) => {
            let made = || Cow::Owned(format!("resource://{}", first.ingress_path));
            let uri = spec.uri.as_deref();
            Some((uri.map_or_else(made, Cow::Borrowed), field))
        }
        _ => None,
    }
}

fn uri_field(spec: &MCPResourceSpec) -> &'static str {
    if spec.content.is_some() {
        "spec.content.uri"
    } else {
        "spec.uri"
    }
}

fn compile(context: &Context<'_>, inputs: Inputs<MCPResource>) -> Result<Resource, Problem> {
    let source = &*inputs.source;
    let spec = &source.spec;
    let object = reference(Kind::Resource, &source.metadata);
    let name = spec.name.as_deref().unwrap_or(&object.name);
    let (Some((uri, field)), content) = (uri(spec), &spec.content) else {
        return Err(Problem::new(
            Reason::InvalidSpec,
            "spec",
            "give exactly one of operations and content",
        ));
    };
    let uri = Template::parse(&uri)
        .map_err(|error| Problem::new(Reason::InvalidTemplate, field, error))?;
    let mime_type = content.as_ref().and_then(|inline| inline.mime_type.clone());
    let mime_type = mime_type.or_else(|| spec.mime_type.clone());
    let content = match content {
        Some(inline) => inline_content(inline)?,
        None => service_content(context, spec, &object)?,
    };
    check_uri(field, &uri, &content)?;
    check_cache(spec)?;
    let entry = Entry::same(entry(name, spec, &uri, mime_type.as_deref()));
    let values = spec
        .operations
        .iter()
        .flat_map(|operation| &operation.variables);
    Ok(Resource {
        uri,
        entry,
        mime_type,
        values: values
            .map(|variable| (variable.name.clone(), variable.values.clone()))
            .collect(),
        content,
        cache: cache(spec)?,
        object,
        inputs,
    })
}

/// An absolute URI (RFC 3986 §4.3) whose variables are those that the operations need.
fn check_uri(field: &str, uri: &Template, content: &Content) -> Result<(), Problem> {
    let scheme = uri
        .text
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .unwrap_or_default();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !is_scheme
        || uri
            .text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control())
    {
        let message = format!(
            "\"{}\" is no URI; begin with a scheme, as in docs://{{id}}",
            uri.text
        );
        return Err(Problem::new(Reason::InvalidValue, field, message));
    }
    let reading = match content {
        Content::Service { read, .. } => read.as_ref(),
        Content::Inline(_) if uri.is_literal() => None,
        Content::Inline(_) => {
            return Err(Problem::new(
                Reason::InvalidTemplate,
                field,
                "inline content has no variables; remove the braces",
            ));
        }
    };
    let missing = reading.and_then(|operation| {
        operation
            .request
            .path
            .variables()
            .find(|variable| uri.variables().all(|name| name != *variable))
    });
    match missing {
        Some(name) => {
            let message = format!(
                "service.path takes {{{name}}}, which the URI {} does not give",
                uri.text
            );
            Err(Problem::new(Reason::InvalidTemplate, field, message))
        }
        None => Ok(()),
    }
}

/// What is kept is what the GET operation answers; the others always reach the service.
fn check_cache(spec: &MCPResourceSpec) -> Result<(), Problem> {
    let mut methods = spec.operations.iter().map(|operation| operation.method);
    let never_read = !spec.operations.is_empty() && methods.all(|method| method != HttpMethod::Get);
    if spec.cache.is_some() && never_read {
        let message = "only what GET answers can be kept; add a GET operation, or remove cache";
        return Err(Problem::new(Reason::InvalidCache, "spec.cache", message));
    }
    Ok(())
}

fn cache(spec: &MCPResourceSpec) -> Result<CacheHint, Problem> {
    let Some(cache) = &spec.cache else {
        return Ok(CacheHint {
            ttl_ms: 0,
            public: false,
        });
    };
    let ttl = cache
        .ttl
        .parse()
        .map_err(|error| Problem::new(Reason::InvalidValue, "spec.cache.ttl", error))?;
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    Ok(CacheHint {
        ttl_ms,
        public: cache.scope == CacheScope::Public,
    })
}

fn inline_content(inline: &shared::crd::InlineContent) -> Result<Content, Problem> {
    let mut rendered = Vec::new();
    match (&inline.text, &inline.blob) {
        (Some(text), None) => {
            rendered.extend_from_slice(b"\"text\":");
            push_string(&mut rendered, text);
        }
        (None, Some(blob)) => {
            let compact: String = blob.split_whitespace().collect();
            if let Err(error) = BASE64_STANDARD.decode(&compact) {
                let message = format!("it is not base64: {error}");
                return Err(Problem::new(
                    Reason::InvalidContent,
                    "spec.content.blob",
                    message,
                ));
            }
            rendered.extend_from_slice(b"\"blob\":");
            push_string(&mut rendered, &compact);
        }
        _ => {
            return Err(Problem::new(
                Reason::InvalidSpec,
                "spec.content",
                "give exactly one of text and blob",
            ));
        }
    }
    Ok(Content::Inline(rendered.into()))
}

fn service_content(
    context: &Context<'_>,
    spec: &MCPResourceSpec,
    object: &ObjectRef,
) -> Result<Content, Problem> {
    let mut operations = Vec::new();
    for (index, operation) in spec.operations.iter().enumerate() {
        let field = format!("spec.operations[{index}]");
        let request = plan::request(
            context,
            &object.namespace,
            &format!("{field}.service"),
            &operation.service,
            operation.method,
        )?;
        let ingress_path = Template::parse_path(&operation.ingress_path).map_err(|error| {
            Problem::new(Reason::InvalidPath, format!("{field}.ingressPath"), error)
        })?;
        let missing = request
            .path
            .variables()
            .find(|variable| ingress_path.variables().all(|name| name != *variable));
        if let Some(name) = missing {
            let message = format!(
                "service.path takes {{{name}}}, which {} does not give",
                ingress_path.text
            );
            return Err(Problem::new(
                Reason::InvalidTemplate,
                format!("{field}.ingressPath"),
                message,
            ));
        }
        operations.push(Arc::new(Operation {
            object: object.clone(),
            ingress_path,
            request,
        }));
    }
    let read = operations
        .iter()
        .find(|operation| operation.request.method == Method::GET)
        .cloned();
    Ok(Content::Service { read, operations })
}

/// A resource as its list shows it.
fn entry(name: &str, spec: &MCPResourceSpec, uri: &Template, mime_type: Option<&str>) -> Vec<u8> {
    let key = if uri.is_literal() {
        "uri"
    } else {
        "uriTemplate"
    };
    let mut entry = json!({key: uri.text, "name": name});
    for (key, value) in [("title", &spec.title), ("description", &spec.description)] {
        if let Some(value) = value {
            entry[key] = json!(value);
        }
    }
    if let Some(mime_type) = mime_type {
        entry["mimeType"] = json!(mime_type);
    }
    if let Some(annotations) = &spec.annotations {
        entry["annotations"] = annotations.clone();
    }
    if !spec.icons.is_empty() {
        entry["icons"] = json!(spec.icons);
    }
    if let Some(size) = spec.size.filter(|_| uri.is_literal()) {
        entry["size"] = json!(size);
    }
    entry.to_string().into_bytes()
}
