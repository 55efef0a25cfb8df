//! Resources: inline content rendered, operations planned, conflicts found by URI and by path.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use shared::crd::{CacheScope, HttpMethod, MCPResource, MCPResourceSpec, Reason};

use super::{Context, plan, reference};
use crate::{
    mcp::{json::push_string, result::CacheHint},
    registry::{
        list::Entry,
        objects::{Kind, ObjectRef},
        rejected::{Problem, Rejected},
        snapshot::{Content, Operation, Resource},
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
    let mut uris: BTreeMap<String, ObjectRef> = BTreeMap::new();
    let mut paths: BTreeMap<(String, String), ObjectRef> = BTreeMap::new();
    for source in objects {
        let object = reference(Kind::Resource, &source.metadata);
        let result = compile(context, source, &object).and_then(|resource| {
            claim(&mut uris, &mut paths, &resource)?;
            Ok(resource)
        });
        match result {
            Ok(resource) => compiled.push(Arc::new(resource)),
            Err(problem) => rejected.push(problem.of(object)),
        }
    }
    compiled.sort_by(|left: &Arc<Resource>, right| left.uri.text.cmp(&right.uri.text));
    compiled
}

/// Takes the URI and the paths of a resource, all or none.
fn claim(
    uris: &mut BTreeMap<String, ObjectRef>,
    paths: &mut BTreeMap<(String, String), ObjectRef>,
    resource: &Resource,
) -> Result<(), Problem> {
    let conflict = |field: &str, what: &str, winner: &ObjectRef| {
        let message = format!("{what} is taken by {winner}; give another one");
        Err(Problem::new(Reason::NameConflict, field, message))
    };
    if let Some(winner) = uris.get(&resource.uri.shape()) {
        return conflict(
            "spec.uri",
            &format!("the URI {}", resource.uri.text),
            winner,
        );
    }
    let operations = match &resource.content {
        Content::Inline(_) => &[][..],
        Content::Service { operations, .. } => operations,
    };
    let key = |operation: &Operation| {
        (
            operation.request.method.to_string(),
            operation.ingress_path.shape(),
        )
    };
    for operation in operations {
        if let Some(winner) = paths.get(&key(operation)) {
            let what = format!(
                "{} {}",
                operation.request.method, operation.ingress_path.text
            );
            return conflict("spec.operations", &what, winner);
        }
    }
    uris.insert(resource.uri.shape(), resource.object.clone());
    paths.extend(
        operations
            .iter()
            .map(|operation| (key(operation), resource.object.clone())),
    );
    Ok(())
}

fn compile(
    context: &Context<'_>,
    source: &MCPResource,
    object: &ObjectRef,
) -> Result<Resource, Problem> {
    let spec = &source.spec;
    let name = spec.name.as_deref().unwrap_or(&object.name);
    let (uri, field, mime_type, content) = match (&spec.content, spec.operations.as_slice()) {
        (Some(inline), []) => {
            let mime_type = inline.mime_type.clone().or_else(|| spec.mime_type.clone());
            (
                inline.uri.clone(),
                "spec.content.uri",
                mime_type,
                inline_content(inline)?,
            )
        }
        (None, [first, ..]) => {
            let uri = spec
                .uri
                .clone()
                .unwrap_or_else(|| format!("resource://{}", first.ingress_path));
            (
                uri,
                "spec.uri",
                spec.mime_type.clone(),
                service_content(context, spec, object)?,
            )
        }
        _ => {
            return Err(Problem::new(
                Reason::InvalidSpec,
                "spec",
                "give exactly one of operations and content",
            ));
        }
    };
    let uri = Template::parse(&uri)
        .map_err(|error| Problem::new(Reason::InvalidTemplate, field, error))?;
    check_uri(field, &uri, &content)?;
    check_cache(spec)?;
    let entry: Box<[u8]> = entry(name, spec, &uri, mime_type.as_deref()).into();
    let values = spec
        .operations
        .iter()
        .flat_map(|operation| &operation.variables);
    Ok(Resource {
        uri,
        object: object.clone(),
        entry: Entry {
            legacy: entry.clone(),
            modern: entry,
        },
        mime_type,
        values: values
            .map(|variable| (variable.name.clone(), variable.values.clone()))
            .collect(),
        content,
        cache: cache(spec)?,
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

fn check_cache(spec: &MCPResourceSpec) -> Result<(), Problem> {
    let changes = spec
        .operations
        .iter()
        .any(|operation| operation.method != HttpMethod::Get);
    if spec.cache.is_some() && changes {
        let message =
            "only GET can be cached; move the other operations to a resource of their own";
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
        .find(|operation| operation.request.method == http::Method::GET)
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
