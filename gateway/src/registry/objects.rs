//! What one build of the registry reads: the objects themselves and what they refer to.
//! A source (files, or the watches of a cluster) fills this in; nothing here does I/O or judges.

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc};

use shared::crd::{MCPPrompt, MCPResource, MCPServer, MCPTool};

/// The input state: everything that a [`build`](super::build::build) may look at.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// The server whose selectors, limits and timeouts hold; `None` selects everything with defaults.
    pub server: Option<Arc<MCPServer>>,
    /// All tools that the source knows, selected or not.
    pub tools: Vec<Arc<MCPTool>>,
    /// All prompts that the source knows, selected or not.
    pub prompts: Vec<Arc<MCPPrompt>>,
    /// All resources that the source knows, selected or not.
    pub resources: Vec<Arc<MCPResource>>,
    /// The Services that calls may go to.
    pub services: Services,
    /// Values of Secrets, by Secret name, then by key.
    pub secrets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
}

/// Where Services are reached.
#[derive(Clone, Debug, Default, Hash)]
pub struct Services {
    /// What `--resolve SERVICE[:PORT]=HOST:PORT` says; it beats everything else.
    pub overrides: Vec<Override>,
    /// Services that the source has seen, by namespace and name.
    pub known: BTreeMap<(String, String), Service>,
    /// Whether a Service that was not seen is reached by its name (files), or is an error (cluster).
    pub by_name: bool,
}

/// One `--resolve SERVICE[:PORT]=HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Override {
    /// The Service's name.
    pub service: String,
    /// The port, by number or name; `None` for every port.
    pub port: Option<String>,
    /// The host to connect to instead, a name or an IP literal without brackets.
    pub host: String,
    /// The port to connect to instead.
    pub target_port: u16,
}

/// The parts of a Service that a call needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// Host to connect to: the clusterIP, or a DNS name where there is none.
    pub host: String,
    /// Port numbers by name (the name is empty where the Service gives none).
    pub ports: Vec<(String, u16)>,
    /// `spec.type: ExternalName`, which is refused.
    pub external_name: bool,
}

/// The three kinds that become entries of the registry, and the server that selects them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `MCPServer`.
    Server,
    /// `MCPTool`.
    Tool,
    /// `MCPPrompt`.
    Prompt,
    /// `MCPResource`.
    Resource,
}

impl Kind {
    /// The `kind:` of the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "MCPServer",
            Self::Tool => "MCPTool",
            Self::Prompt => "MCPPrompt",
            Self::Resource => "MCPResource",
        }
    }
}

/// Names one object: kind, namespace, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// `metadata.namespace`, `default` where a file gives none.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind.as_str(), self.namespace, self.name)
    }
}

/// An address that needs no name resolution, or one that does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An IP address and port.
    Address(SocketAddr),
    /// A DNS name and port.
    Name(Arc<str>, u16),
}
