//! `/api/mcp/report`: several blocks of content in one result, which no plain HTTP answer can be.

use serde_json::{Value, json};

use super::Call;

pub(super) fn answer(call: &Call) -> Value {
    let about = call.arguments["about"].as_str().unwrap_or("everything");
    json!({
        "content": [
            {"type": "text", "text": format!("A report about {about}:")},
            {
                "type": "resource_link", "uri": "docs://guide",
                "name": "guide", "mimeType": "text/markdown",
            },
            {
                "type": "resource",
                "resource": {
                    "uri": "report://figures", "mimeType": "text/csv",
                    "text": "month,calls\nMay,120\nJune,180\n",
                },
            },
        ],
        "structuredContent": {"about": about, "calls": 300},
        "isError": false,
    })
}
