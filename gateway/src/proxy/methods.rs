//! One file per family of methods; here is only the branch between them.

pub mod batch;
pub mod complete;
pub mod delete;
pub mod get_stream;
pub mod initialize;
pub mod list;
pub mod listen;
pub mod notification;
pub mod prompts_get;
pub mod resources_read;
pub mod session;
pub mod tools_call;

use std::{rc::Rc, sync::Arc};

use super::{decode::Call, identify::Caller, rejection::Rejection, respond::Reply};
use crate::{
    context::Core,
    mcp::{method::Method, result::ResultWriter},
    registry::Registry,
};

/// Carries out a call.
///
/// # Errors
/// Whatever the method refuses.
pub async fn run(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    call: &Call<'_>,
    caller: &Caller,
) -> Result<Reply, Rejection> {
    match call.method {
        Method::ToolsCall => tools_call::run(core, registry, call, caller).await,
        Method::ToolsList
        | Method::PromptsList
        | Method::ResourcesList
        | Method::ResourceTemplatesList => list::run(registry, call),
        Method::PromptsGet => prompts_get::run(core, registry, call, caller).await,
        Method::ResourcesRead => resources_read::run(core, registry, call, caller).await,
        Method::Complete => complete::run(registry, call),
        Method::Initialize => initialize::run(core, registry, call),
        Method::Discover => Ok(initialize::discover(registry, call)),
        Method::Ping => Ok(Reply::Json(
            ResultWriter::open(call.id, call.version, 0).close(&registry.server.meta),
        )),
        Method::Listen => listen::run(core, registry, call),
        Method::SetLevel => session::set_level(registry, call),
        Method::Subscribe | Method::Unsubscribe => session::subscribe(registry, call),
    }
}
