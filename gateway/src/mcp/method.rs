//! The methods that are served, as one closed set.

use super::version::Era;

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `initialize`
    Initialize,
    /// `server/discover`
    Discover,
    /// `ping`
    Ping,
    /// `tools/list`
    ToolsList,
    /// `tools/call`
    ToolsCall,
    /// `prompts/list`
    PromptsList,
    /// `prompts/get`
    PromptsGet,
    /// `resources/list`
    ResourcesList,
    /// `resources/templates/list`
    ResourceTemplatesList,
    /// `resources/read`
    ResourcesRead,
    /// `completion/complete`
    Complete,
    /// `subscriptions/listen`
    Listen,
    /// `logging/setLevel`
    SetLevel,
    /// `resources/subscribe`
    Subscribe,
    /// `resources/unsubscribe`
    Unsubscribe,
}

impl Method {
    /// Every method, in the order of the metrics' label values.
    pub const ALL: [Self; 15] = [
        Self::Initialize,
        Self::Discover,
        Self::Ping,
        Self::ToolsList,
        Self::ToolsCall,
        Self::PromptsList,
        Self::PromptsGet,
        Self::ResourcesList,
        Self::ResourceTemplatesList,
        Self::ResourcesRead,
        Self::Complete,
        Self::Listen,
        Self::SetLevel,
        Self::Subscribe,
        Self::Unsubscribe,
    ];

    /// The method of that name in that era; a method that the era removed or does not have yet is unknown to it.
    #[must_use]
    pub fn parse(name: &str, era: Era) -> Option<Self> {
        let method = match name {
            "tools/call" => Self::ToolsCall,
            "tools/list" => Self::ToolsList,
            "prompts/list" => Self::PromptsList,
            "prompts/get" => Self::PromptsGet,
            "resources/list" => Self::ResourcesList,
            "resources/templates/list" => Self::ResourceTemplatesList,
            "resources/read" => Self::ResourcesRead,
            "completion/complete" => Self::Complete,
            "initialize" if era == Era::Legacy => Self::Initialize,
            "ping" if era == Era::Legacy => Self::Ping,
            "logging/setLevel" if era == Era::Legacy => Self::SetLevel,
            "resources/subscribe" if era == Era::Legacy => Self::Subscribe,
            "resources/unsubscribe" if era == Era::Legacy => Self::Unsubscribe,
            "server/discover" if era == Era::Modern => Self::Discover,
            "subscriptions/listen" if era == Era::Modern => Self::Listen,
            _ => return None,
        };
        Some(method)
    }

    /// The name on the wire, which is also the label value of the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Discover => "server/discover",
            Self::Ping => "ping",
            Self::ToolsList => "tools/list",
            Self::ToolsCall => "tools/call",
            Self::PromptsList => "prompts/list",
            Self::PromptsGet => "prompts/get",
            Self::ResourcesList => "resources/list",
            Self::ResourceTemplatesList => "resources/templates/list",
            Self::ResourcesRead => "resources/read",
            Self::Complete => "completion/complete",
            Self::Listen => "subscriptions/listen",
            Self::SetLevel => "logging/setLevel",
            Self::Subscribe => "resources/subscribe",
            Self::Unsubscribe => "resources/unsubscribe",
        }
    }
}
