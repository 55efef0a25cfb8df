//! The immutable registry: everything a request may look at, compiled.
//! Built by `registry::build`; holds no CRD types and does no I/O.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use crossbeam_utils::CachePadded;
use rustc_hash::FxHashMap;

use shared::crd::{MCPResource, MCPTool};

use super::{
    jq::Program,
    list::{Entry, List},
    mirrored::Mirrored,
    objects::{Kind, ObjectRef},
    plan::{RequestPlan, ResponseFormat},
    prompt::Prompt,
    rejected::Rejected,
    schema::{InputSchema, OutputSchema},
    template::Template,
};
use crate::mcp::result::CacheHint;

/// One state of everything that is served.
#[derive(Debug)]
pub struct Registry {
    /// The server itself: who may call it, and its limits.
    pub server: Arc<Server>,
    /// Tools by name.
    pub tools: FxHashMap<Arc<str>, Arc<Tool>>,
    /// `tools/list`.
    pub tool_list: List,
    /// Prompts by name.
    pub prompts: FxHashMap<Arc<str>, Arc<Prompt>>,
    /// `prompts/list`.
    pub prompt_list: List,
    /// Resources with a fixed URI.
    pub resources: FxHashMap<Arc<str>, Arc<Resource>>,
    /// `resources/list`.
    pub resource_list: List,
    /// Resources whose URI has variables, sorted by it.
    pub templates: Vec<Arc<Resource>>,
    /// `resources/templates/list`.
    pub template_list: List,
    /// What plain HTTP can reach, exact paths before templates.
    pub operations: Vec<Arc<Operation>>,
    /// What was left out, and why.
    pub rejected: Vec<Rejected>,
    /// How many labelled objects of this server's namespace it does not select.
    pub unselected: usize,
    /// Hash of all Services and Secrets that it was built with.
    pub surroundings: u64,
    /// When it was built.
    pub built: SystemTime,
}

/// The server's own settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// The object it came from; `None` where defaults hold.
    pub object: Option<ObjectRef>,
    /// The MCPServer's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Base path of everything; no slash at its end, empty for the root.
    pub path_prefix: String,
    /// Hosts that may be addressed, lower case, without port.
    pub allowed_hosts: Vec<String>,
    /// Origins that may call from a browser, besides the one of the Host; `*` is any.
    pub allowed_origins: Vec<String>,
    /// `instructions` for the model.
    pub instructions: Option<String>,
    /// `serverInfo`, rendered.
    pub info: Box<str>,
    /// `_meta` of modern results, rendered.
    pub meta: Box<[u8]>,
    /// `ttlMs` and `cacheScope` of lists.
    pub list_cache: CacheHint,
    /// Most bytes of a request body.
    pub max_request_bytes: usize,
    /// Backend calls in flight per pod.
    pub max_concurrent_requests: usize,
    /// Open streams per pod.
    pub max_streams: usize,
    /// How long a client may take to answer what it is asked.
    pub client_timeout: Duration,
    /// How long an idle session's record is kept.
    pub session_ttl: Duration,
    /// How long one backend attempt may take, where the object does not say less.
    pub request_timeout: Duration,
    /// Most bytes of a backend's answer, where the object does not say less.
    pub max_response_bytes: usize,
    /// The only Secrets that objects may use.
    pub allowed_secrets: Vec<String>,
}

impl Server {
    /// Whether `host` (without port) may be addressed: an IP literal, localhost, or a listed name.
    /// Names are never looked up, so a DNS answer cannot change who is let in.
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || literal.parse::<IpAddr>().is_ok()
            || self
                .allowed_hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// A tool, compiled.
#[derive(Debug)]
pub struct Tool {
    /// The name that clients call.
    pub name: Arc<str>,
    /// The object it came from.
    pub object: ObjectRef,
    /// As it stands in `tools/list`.
    pub entry: Entry,
    /// What arguments must look like.
    pub input: InputSchema,
    /// What answers must look like.
    pub output: Option<OutputSchema>,
    /// The request that a call becomes.
    pub request: RequestPlan,
    /// What the answer is taken for.
    pub format: ResponseFormat,
    /// Calls in flight that this tool may have per pod.
    pub max_concurrent_requests: usize,
    /// Its UID in the cluster, empty in files: a tool of the same name made later is another.
    pub uid: String,
    /// Shapes a JSON answer.
    pub filter: Option<Arc<Program>>,
    /// Arguments that modern clients repeat in headers.
    pub mirrored: Vec<Mirrored>,
    /// What a client must be able to do before it may call.
    pub required_capabilities: Vec<String>,
    /// Lives as long as the tool's name does, through all rebuilds.
    pub live: Arc<ToolLive>,
    /// What it was compiled from, to tell whether it must be compiled again.
    pub inputs: Inputs<MCPTool>,
}

/// What a compiled object depends on besides itself.
#[derive(Debug)]
pub struct Inputs<K> {
    /// The object; a source hands out the same one for as long as it does not change.
    pub source: Arc<K>,
    /// The server's settings.
    pub server: Arc<Server>,
    /// Hash of the Services and Secrets that it refers to.
    pub references: u64,
}

/// What moves while a tool is served; shared by all registries that hold the tool.
#[derive(Debug)]
pub struct ToolLive {
    /// Backend calls in flight.
    pub in_flight: Arc<AtomicUsize>,
    shards: Box<[CachePadded<[AtomicU64; CallOutcome::ALL.len()]>]>,
}

/// How a `tools/call` ended, as the metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// A result without `isError`.
    Ok,
    /// A result with `isError`: the backend's answer, or arguments that do not fit.
    ToolError,
    /// The backend could not be reached, or not in time.
    BackendFailed,
    /// Refused by a limit.
    Refused,
}

impl CallOutcome {
    /// All outcomes, in the order of [`ToolLive`]'s counters.
    pub const ALL: [Self; 4] = [
        Self::Ok,
        Self::ToolError,
        Self::BackendFailed,
        Self::Refused,
    ];

    /// The label value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ToolError => "tool_error",
            Self::BackendFailed => "backend_failed",
            Self::Refused => "refused",
        }
    }
}

impl ToolLive {
    /// Counters at zero, one set for each of `cores` cores so that they do not share a cache line.
    #[must_use]
    pub fn new(cores: usize) -> Self {
        let shards = (0..cores.max(1))
            .map(|_| CachePadded::new(Default::default()))
            .collect();
        Self {
            in_flight: Arc::default(),
            shards,
        }
    }

    /// Counts one call on the caller's core.
    pub fn count(&self, core: usize, outcome: CallOutcome) {
        self.shards[core % self.shards.len()][outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The sum over all cores.
    #[must_use]
    pub fn total(&self, outcome: CallOutcome) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard[outcome as usize].load(Ordering::Relaxed))
            .sum()
    }
}

/// A resource, compiled.
#[derive(Debug)]
pub struct Resource {
    /// Its URI, with or without variables.
    pub uri: Template,
    /// The object it came from.
    pub object: ObjectRef,
    /// As it stands in its list.
    pub entry: Entry,
    /// `mimeType`, if declared.
    pub mime_type: Option<String>,
    /// Values that `completion/complete` proposes, by variable.
    pub values: Vec<(String, Vec<String>)>,
    /// What reading it yields.
    pub content: Content,
    /// `ttlMs` and `cacheScope` of `resources/read`.
    pub cache: CacheHint,
    /// What it was compiled from, to tell whether it must be compiled again.
    pub inputs: Inputs<MCPResource>,
}

/// Where a resource's content is.
#[derive(Debug)]
pub enum Content {
    /// In the object: `"text":"…"` or `"blob":"…"`, rendered.
    Inline(Box<[u8]>),
    /// Behind a Service.
    Service {
        /// The GET that `resources/read` uses; `None` where there is none, so that only plain HTTP reaches it.
        read: Option<Arc<Operation>>,
        /// All operations, for plain HTTP.
        operations: Vec<Arc<Operation>>,
    },
}

/// One HTTP operation of a resource.
#[derive(Debug)]
pub struct Operation {
    /// The object it came from.
    pub object: ObjectRef,
    /// The path below the server's prefix.
    pub ingress_path: Template,
    /// The request that it becomes; its variables are those of the ingress path.
    pub request: RequestPlan,
}

/// The values that a template's variables have in one text.
pub type Variables<'t> = Vec<(&'t str, String)>;

impl Registry {
    /// How many objects of each kind are served.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Server => 1,
            Kind::Tool => self.tools.len(),
            Kind::Prompt => self.prompts.len(),
            Kind::Resource => self.resources.len() + self.templates.len(),
        }
    }

    /// The resource that a URI names, with its variables; exact URIs beat templates.
    #[must_use]
    pub fn resource(&self, uri: &str) -> Option<(&Arc<Resource>, Variables<'_>)> {
        if let Some(resource) = self.resources.get(uri) {
            return Some((resource, Vec::new()));
        }
        self.templates
            .iter()
            .find_map(|resource| resource.uri.matches(uri).map(|values| (resource, values)))
    }

    /// The resource of exactly this URI or URI template.
    #[must_use]
    pub fn resource_with_uri(&self, uri: &str) -> Option<&Arc<Resource>> {
        self.resources.get(uri).or_else(|| {
            let found = self
                .templates
                .binary_search_by(|resource| resource.uri.text.as_str().cmp(uri));
            self.templates.get(found.ok()?)
        })
    }

    /// The operation that plain HTTP reaches at `path` (below the prefix), with its variables.
    #[must_use]
    pub fn operation(
        &self,
        method: &http::Method,
        path: &str,
    ) -> Option<(&Arc<Operation>, Variables<'_>)> {
        self.operations
            .iter()
            .filter(|operation| operation.request.method == *method)
            .find_map(|operation| {
                operation
                    .ingress_path
                    .matches(path)
                    .map(|values| (operation, values))
            })
    }

    /// The methods that plain HTTP serves at `path`, for `Allow`.
    #[must_use]
    pub fn operation_methods(&self, path: &str) -> Vec<&http::Method> {
        self.operations
            .iter()
            .filter(|operation| operation.ingress_path.matches(path).is_some())
            .map(|operation| &operation.request.method)
            .collect()
    }
}
