//! The four lists: a page is a slice of what was rendered at build.

use crate::{
    mcp::{cursor, message::string, method::Method, result::ResultWriter},
    proxy::{decode::Call, rejection::Rejection, respond::Reply, stream},
    registry::Registry,
};

/// Answers with the page that the cursor asks for.
///
/// # Errors
/// Where the cursor cannot be read.
pub fn run(registry: &Registry, call: &Call<'_>) -> Result<Reply, Rejection> {
    let (member, list) = match call.method {
        Method::PromptsList => ("prompts", &registry.prompt_list),
        Method::ResourcesList => ("resources", &registry.resource_list),
        Method::ResourceTemplatesList => ("resourceTemplates", &registry.template_list),
        _ => ("tools", &registry.tool_list),
    };
    let after = match call.params.cursor {
        None => None,
        Some(raw) => Some(
            string(raw)
                .and_then(|text| cursor::decode(&text))
                .ok_or_else(|| {
                    Rejection::InvalidParams(
                        "\"cursor\" must be a nextCursor that this server gave".to_owned(),
                    )
                })?,
        ),
    };
    let page = list.page(call.version.era(), after.as_deref());
    let mut writer = ResultWriter::open(call.id, call.version, page.entries.len());
    let entries = writer.member(member);
    entries.push(b'[');
    entries.extend_from_slice(page.entries);
    entries.push(b']');
    if let Some(last) = page.next {
        writer.text("nextCursor", &cursor::encode(last));
    }
    writer.cache(registry.server.list_cache);
    remember(registry, call);
    Ok(Reply::Json(writer.close(&registry.server.meta)))
}

/// A session that has listed knows the list as it is now, and need not be told of it again.
fn remember(registry: &Registry, call: &Call<'_>) {
    let Some(session) = &call.session else { return };
    let now = stream::seen(registry);
    let mut record = session.record();
    let seen = record.seen.get_or_insert(now);
    match call.method {
        Method::PromptsList => seen[1] = now[1],
        Method::ResourcesList | Method::ResourceTemplatesList => seen[2] = now[2],
        _ => seen[0] = now[0],
    }
}
