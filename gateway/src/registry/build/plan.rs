//! Requests worked out in advance: where they go, and which argument goes where.

use std::{
    hash::{Hash, Hasher},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use rustc_hash::FxHasher;
use shared::crd::{
    self, Duration as CrdDuration, HttpMethod, MCPPromptSpec, MCPResourceSpec, MCPToolSpec,
    ParameterLocation, ParameterStyle, Reason, Scheme, ServiceRef,
};

use super::Context;
use crate::registry::{
    objects::Host,
    plan::{BodyFormat, Parameter, Place, RequestPlan, Rest, Style},
    rejected::Problem,
    template::Template,
};

/// Headers that an argument may never set: they belong to the connection, the body or the caller's credentials.
const FORBIDDEN: [&str; 13] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "expect",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "cookie",
    "authorization",
];

/// The parts of a request that all kinds share.
pub(super) fn request(
    context: &Context<'_>,
    namespace: &str,
    field: &str,
    service: &ServiceRef,
    method: HttpMethod,
) -> Result<RequestPlan, Problem> {
    let (host, authority) = resolve(context, namespace, field, service)?;
    let path = Template::parse_path(&service.path)
        .map_err(|error| Problem::new(Reason::InvalidPath, format!("{field}.path"), error))?;
    let (method, rest) = match method {
        HttpMethod::Get => (Method::GET, Rest::Query),
        HttpMethod::Head => (Method::HEAD, Rest::Query),
        HttpMethod::Delete => (Method::DELETE, Rest::Query),
        HttpMethod::Post => (Method::POST, Rest::Body),
        HttpMethod::Put => (Method::PUT, Rest::Body),
        HttpMethod::Patch => (Method::PATCH, Rest::Body),
    };
    Ok(RequestPlan {
        idempotent: matches!(method, Method::GET | Method::HEAD),
        method,
        host,
        authority,
        path,
        parameters: Vec::new(),
        rest,
        body: BodyFormat::Json,
        headers: HeaderMap::new(),
        timeout: context.server.request_timeout,
        attempts: 1,
        max_response_bytes: context.server.max_response_bytes,
    })
}

/// The request of a tool, with its explicit parameters, constant headers and limits.
pub(super) fn tool(
    context: &Context<'_>,
    namespace: &str,
    spec: &MCPToolSpec,
) -> Result<RequestPlan, Problem> {
    let mut plan = request(
        context,
        namespace,
        "spec.service",
        &spec.service,
        spec.method,
    )?;
    plan.headers = headers(context, &spec.headers)?;
    for (index, parameter) in spec.parameters.iter().enumerate() {
        let parameter = self::parameter(&plan, parameter).map_err(|message| {
            Problem::new(
                Reason::InvalidParameter,
                format!("spec.parameters[{index}]"),
                message,
            )
        })?;
        plan.parameters.push(parameter);
    }
    plan.body = match spec.body {
        None | Some(crd::BodyFormat::Json) => BodyFormat::Json,
        Some(crd::BodyFormat::Form) => BodyFormat::Form,
        Some(crd::BodyFormat::Multipart) => BodyFormat::Multipart,
        Some(crd::BodyFormat::None) => BodyFormat::None,
    };
    if spec.response.format == crd::ResponseFormat::Mcp {
        // The format is a message of its own, which only a POST carries.
        plan.method = Method::POST;
        plan.rest = Rest::Body;
        plan.body = BodyFormat::Json;
    }
    if plan.body == BodyFormat::None {
        plan.rest = Rest::Query;
    }
    plan.attempts = spec
        .retries
        .as_ref()
        .map_or(1, |retries| retries.attempts.max(1));
    plan.timeout = timeout(spec.timeout.as_ref(), plan.timeout)?;
    if let Some(limit) = spec.response.max_bytes {
        plan.max_response_bytes = plan
            .max_response_bytes
            .min(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    plan.idempotent |= ["readOnlyHint", "idempotentHint"]
        .iter()
        .any(|hint| spec.hint(hint) == Some(true));
    Ok(plan)
}

/// The request that asks a backend to render a prompt.
pub(super) fn prompt(
    context: &Context<'_>,
    namespace: &str,
    service: &ServiceRef,
) -> Result<RequestPlan, Problem> {
    let mut plan = request(
        context,
        namespace,
        "spec.service",
        service,
        HttpMethod::Post,
    )?;
    if !plan.path.is_literal() {
        let message = "a prompt's arguments travel in the body; remove the braces from the path";
        return Err(Problem::new(
            Reason::InvalidPath,
            "spec.service.path",
            message,
        ));
    }
    // Rendering changes nothing, so a broken connection may be tried again.
    plan.idempotent = true;
    Ok(plan)
}

/// A timeout under the server's.
fn timeout(own: Option<&CrdDuration>, server: Duration) -> Result<Duration, Problem> {
    let own = own.map(CrdDuration::parse).transpose();
    let own = own.map_err(|error| Problem::new(Reason::InvalidValue, "spec.timeout", error))?;
    Ok(own.map_or(server, |own| own.min(server)))
}

/// Where a Service is reached, and what it is called by its neighbours.
fn resolve(
    context: &Context<'_>,
    namespace: &str,
    field: &str,
    service: &ServiceRef,
) -> Result<(Host, Arc<str>), Problem> {
    let name = &service.name;
    if service.scheme == Scheme::Https {
        let message = "calls go over plain HTTP only, so far; name a port that speaks it";
        return Err(Problem::new(
            Reason::UnsupportedService,
            format!("{field}.scheme"),
            message,
        ));
    }
    let services = &context.objects.services;
    let known = services.known.get(&(namespace.to_owned(), name.clone()));
    if known.is_some_and(|known| known.external_name) {
        let message = format!(
            "Service {name} is of type ExternalName, through which any host could be reached; use one with pods"
        );
        return Err(Problem::new(
            Reason::UnsupportedService,
            format!("{field}.name"),
            message,
        ));
    }
    let number = match (&service.port, known) {
        (IntOrString::Int(number), _) => u16::try_from(*number).ok(),
        (IntOrString::String(port), Some(known)) => known
            .ports
            .iter()
            .find(|(name, _)| name == port)
            .map(|(_, number)| *number),
        (IntOrString::String(_), None) => None,
    };
    let port_text = match &service.port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(port) => port.clone(),
    };
    let authority = |number: Option<u16>| -> Arc<str> {
        match number {
            None | Some(80) => Arc::from(name.as_str()),
            Some(number) => Arc::from(format!("{name}:{number}")),
        }
    };
    let matching = services.overrides.iter().find(|entry| {
        entry.service == *name
            && entry.port.as_ref().is_none_or(|port| {
                *port == port_text || number.is_some_and(|n| *port == n.to_string())
            })
    });
    if let Some(entry) = matching {
        return Ok((host(&entry.host, entry.target_port), authority(number)));
    }
    match (known, number) {
        (Some(known), Some(number)) if known.ports.iter().any(|(_, port)| *port == number) => {
            Ok((host(&known.host, number), authority(Some(number))))
        }
        (Some(known), _) => {
            let ports: Vec<String> = known
                .ports
                .iter()
                .map(|(name, number)| {
                    if name.is_empty() {
                        number.to_string()
                    } else {
                        format!("{name} ({number})")
                    }
                })
                .collect();
            let message = format!(
                "Service {name} has no port {port_text}; it has {}",
                ports.join(", ")
            );
            Err(Problem::new(
                Reason::PortNotFound,
                format!("{field}.port"),
                message,
            ))
        }
        (None, Some(number)) if services.by_name => {
            Ok((host(name, number), authority(Some(number))))
        }
        (None, _) if services.by_name => {
            let message = format!(
                "Service {name} is not among the files, so its port \"{port_text}\" has no number; add the Service, or --resolve {name}:{port_text}=HOST:PORT"
            );
            Err(Problem::new(
                Reason::ServiceNotFound,
                format!("{field}.port"),
                message,
            ))
        }
        (None, _) => {
            let message = format!(
                "there is no Service {name} in namespace {namespace}; create it, or mend the name"
            );
            Err(Problem::new(
                Reason::ServiceNotFound,
                format!("{field}.name"),
                message,
            ))
        }
    }
}

fn host(name: &str, port: u16) -> Host {
    match name.parse::<IpAddr>() {
        Ok(address) => Host::Address((address, port).into()),
        Err(_) => Host::Name(Arc::from(name), port),
    }
}

/// Constant headers, their values from the object or from a Secret that the server allows.
fn headers(context: &Context<'_>, headers: &[crd::Header]) -> Result<HeaderMap, Problem> {
    let mut map = HeaderMap::new();
    for (index, header) in headers.iter().enumerate() {
        let field = format!("spec.headers[{index}]");
        let invalid = |message: &str| Problem::new(Reason::InvalidHeader, field.clone(), message);
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| invalid("the name is no header name"))?;
        let value = match (&header.value, &header.value_from) {
            (Some(value), None) => value.as_bytes(),
            (None, Some(source)) => secret(context, &field, &source.secret_key_ref)?,
            _ => return Err(invalid("give either value or valueFrom")),
        };
        let mut value = HeaderValue::from_bytes(value.trim_ascii_end()).map_err(|_| {
            invalid("the value holds a control character, which no header can carry")
        })?;
        value.set_sensitive(header.value_from.is_some());
        map.append(name, value);
    }
    Ok(map)
}

fn secret<'a>(
    context: &Context<'a>,
    field: &str,
    key: &crd::SecretKeyRef,
) -> Result<&'a [u8], Problem> {
    let field = format!("{field}.valueFrom.secretKeyRef");
    if !context.server.allowed_secrets.contains(&key.name) {
        let message = format!(
            "Secret {} may not be used; add it to spec.allowedSecrets of MCPServer {}",
            key.name, context.server.name
        );
        return Err(Problem::new(Reason::SecretNotAllowed, field, message));
    }
    let values = context.objects.secrets.get(&key.name);
    values
        .and_then(|values| values.get(&key.key))
        .map(Vec::as_slice)
        .ok_or_else(|| {
            let message = format!(
                "there is no key {} in a Secret {}; create it",
                key.key, key.name
            );
            Problem::new(Reason::SecretNotFound, field, message)
        })
}

/// What the Services that a resource's operations go to look like right now, as a number.
pub(super) fn resource_references(
    context: &Context<'_>,
    namespace: &str,
    spec: &MCPResourceSpec,
) -> u64 {
    let mut hasher = FxHasher::default();
    for operation in &spec.operations {
        service_reference(context, namespace, &operation.service, &mut hasher);
    }
    hasher.finish()
}

/// What the Service that renders a prompt looks like right now, as a number.
pub(super) fn prompt_references(
    context: &Context<'_>,
    namespace: &str,
    spec: &MCPPromptSpec,
) -> u64 {
    let mut hasher = FxHasher::default();
    if let Some(service) = &spec.service {
        service_reference(context, namespace, service, &mut hasher);
    }
    hasher.finish()
}

/// What the Services and Secrets that a tool refers to look like right now, as a number.
pub(super) fn tool_references(context: &Context<'_>, namespace: &str, spec: &MCPToolSpec) -> u64 {
    let mut hasher = FxHasher::default();
    service_reference(context, namespace, &spec.service, &mut hasher);
    for source in spec
        .headers
        .iter()
        .filter_map(|header| header.value_from.as_ref())
    {
        let values = context.objects.secrets.get(&source.secret_key_ref.name);
        values
            .and_then(|values| values.get(&source.secret_key_ref.key))
            .hash(&mut hasher);
    }
    hasher.finish()
}

fn service_reference(
    context: &Context<'_>,
    namespace: &str,
    service: &ServiceRef,
    hasher: &mut FxHasher,
) {
    match resolve(context, namespace, "", service) {
        Ok(resolved) => resolved.hash(hasher),
        Err(problem) => problem.message.hash(hasher),
    }
}

/// One explicit parameter.
fn parameter(plan: &RequestPlan, parameter: &crd::Parameter) -> Result<Parameter, String> {
    let own = &parameter.name;
    let name = parameter.as_.as_deref().unwrap_or(own).to_owned();
    let place = match parameter.in_ {
        // The path names the argument itself, so there is nothing for `as` to rename.
        ParameterLocation::Path if plan.path.variables().any(|variable| variable == own) => {
            Place::Path(own.clone())
        }
        ParameterLocation::Path => {
            return Err(format!(
                "service.path has no {{{own}}}; add it there, or choose another `in`"
            ));
        }
        ParameterLocation::Query => Place::Query(name),
        ParameterLocation::Cookie => Place::Cookie(name),
        ParameterLocation::Body => Place::Body(name),
        ParameterLocation::Header => Place::Header(header_name(plan, &name)?),
    };
    let style = match (parameter.style, &place) {
        (Some(style), _) => self::style(style),
        (None, Place::Path(_) | Place::Header(_)) => Style::Simple,
        (None, Place::Query(_) | Place::Cookie(_) | Place::Body(_)) => Style::Form,
    };
    let fits = match place {
        Place::Path(_) => matches!(style, Style::Simple | Style::Label | Style::Matrix),
        Place::Header(_) => style == Style::Simple,
        Place::Cookie(_) => style == Style::Form,
        Place::Query(_) => matches!(
            style,
            Style::Form | Style::SpaceDelimited | Style::PipeDelimited | Style::DeepObject
        ),
        Place::Body(_) => true,
    };
    if !fits {
        return Err(
            "this style does not go with this `in`; see the OpenAPI table of styles".to_owned(),
        );
    }
    let explode = parameter.explode.unwrap_or(style == Style::Form);
    Ok(Parameter {
        name: parameter.name.clone(),
        place,
        style,
        explode,
        allow_slash: parameter.allow_slash,
    })
}

fn header_name(plan: &RequestPlan, name: &str) -> Result<HeaderName, String> {
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("\"{name}\" is no header name"))?;
    if FORBIDDEN.contains(&header.as_str()) || header.as_str().starts_with("content-") {
        return Err(format!(
            "an argument may not set {header}, which belongs to the connection, the body or the caller"
        ));
    }
    if plan.headers.contains_key(&header) {
        return Err(format!("{header} is one of the constant headers"));
    }
    Ok(header)
}

fn style(style: ParameterStyle) -> Style {
    match style {
        ParameterStyle::Simple => Style::Simple,
        ParameterStyle::Label => Style::Label,
        ParameterStyle::Matrix => Style::Matrix,
        ParameterStyle::Form => Style::Form,
        ParameterStyle::SpaceDelimited => Style::SpaceDelimited,
        ParameterStyle::PipeDelimited => Style::PipeDelimited,
        ParameterStyle::DeepObject => Style::DeepObject,
    }
}
