//! The four lists: order, pages, cursors, and what each era has around them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::wire::{answer, docs, everything, inline, prompt, refusal, server, server_meta, tool};
use crate::{
    fixtures::{Fixture, on_a_core},
    mcp::cursor,
};

const LISTS: [(&str, &str); 4] = [
    ("tools/list", "tools"),
    ("prompts/list", "prompts"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates"),
];

/// The names on a page, and its cursor.
fn page(result: &Value) -> (Vec<String>, Option<String>) {
    let names = result["tools"].as_array().unwrap().iter();
    (
        names
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect(),
        result
            .get("nextCursor")
            .map(|next| next.as_str().unwrap().to_owned()),
    )
}

/// All pages of `tools/list`, from a cursor on.
async fn pages(gateway: &Fixture, mut next: Option<String>) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let params = next
            .take()
            .map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
        let reply = gateway.modern("tools/list", params).await;
        assert!(
            reply.text.len() <= (1 << 20) + 1_024,
            "a page of {} bytes",
            reply.text.len()
        );
        let (names, cursor) = page(&reply.result());
        pages.push(names);
        if cursor.is_none() {
            return pages;
        }
        next = cursor;
    }
}

fn many(names: impl Iterator<Item = u32>, description: usize) -> String {
    let filler = "x".repeat(description);
    names.fold(String::new(), |mut yaml, number| {
        let tool = tool(&format!("t{number:04}"), "");
        let _infallible = write!(
            yaml,
            "{}",
            tool.replace("A tool of the tests.", &format!("d{filler}"))
        );
        yaml
    })
}

#[test]
fn each_era_gets_what_it_knows_around_a_list() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        for (method, member) in LISTS {
            let modern = gateway.modern(method, json!({})).await.result();
            let entries = modern[member].clone();
            assert_eq!(entries.as_array().unwrap().len(), 1, "{method}");
            let expected = json!({
                "resultType": "complete",
                member: entries,
                "ttlMs": 5000,
                "cacheScope": "public",
                "_meta": server_meta(),
            });
            assert_eq!(modern, expected);
            for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
                let legacy = gateway.legacy(version, method, json!({})).await;
                assert_eq!(
                    legacy.result(),
                    json!({member: entries}),
                    "{method} {version}"
                );
            }
        }
    });
}

#[test]
fn a_server_sets_how_long_its_lists_keep() {
    on_a_core(async {
        let gateway = Fixture::new(&(server("listTtl: 90s") + &everything()));
        for (method, _) in LISTS.into_iter().chain([("server/discover", "")]) {
            let result = gateway.modern(method, json!({})).await.result();
            assert_eq!(
                (&result["ttlMs"], &result["cacheScope"]),
                (&json!(90_000), &json!("public")),
                "{method}"
            );
        }
    });
}

#[test]
fn an_empty_server_has_empty_lists() {
    on_a_core(async {
        let gateway = Fixture::new("");
        for (method, member) in LISTS {
            let legacy = gateway.legacy("2025-11-25", method, json!({})).await;
            assert_eq!(
                answer(&legacy),
                (
                    200,
                    json!({"jsonrpc": "2.0", "id": 1, "result": {member: []}})
                )
            );
            for cursor in ["", "eno"] {
                let reply = gateway
                    .legacy("2025-11-25", method, json!({"cursor": cursor}))
                    .await;
                assert_eq!(reply.result(), json!({member: []}), "{method} {cursor:?}");
            }
        }
    });
}

#[test]
fn lists_are_sorted_by_name_and_resources_by_uri() {
    on_a_core(async {
        let yaml = [
            tool("b", ""),
            tool("a.c", ""),
            tool("z", "  name: Z"),
            tool("a", ""),
            tool("a-b", ""),
            prompt("q", "x"),
            prompt("p", "x"),
            inline("two", "x"),
            inline("one", "x"),
            docs(),
            docs()
                .replace("{name: docs}", "{name: aaa}")
                .replace("docs://", "more://")
                .replace("/docs/", "/more/"),
        ];
        let gateway = Fixture::new(&yaml.concat());
        let check = async |method: &str, pointer: &str, member: &str, expected: &[&str]| {
            let result = gateway.modern(method, json!({})).await.result();
            let names: Vec<&str> = result[pointer]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry[member].as_str().unwrap())
                .collect();
            assert_eq!(names, expected);
        };
        check(
            "tools/list",
            "tools",
            "name",
            &["Z", "a", "a-b", "a.c", "b"],
        )
        .await;
        check("prompts/list", "prompts", "name", &["p", "q"]).await;
        check(
            "resources/list",
            "resources",
            "uri",
            &["config://one", "config://two"],
        )
        .await;
        check(
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
            &["docs://{id}", "more://{id}"],
        )
        .await;
    });
}

#[test]
fn five_thousand_tools_come_in_pages_of_a_thousand() {
    on_a_core(async {
        let gateway = Fixture::new(&many(0..5_000, 0));
        let pages = pages(&gateway, None).await;
        let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1_000; 5]);
        let expected: Vec<String> = (0..5_000).map(|number| format!("t{number:04}")).collect();
        assert_eq!(pages.concat(), expected);
    });
}

#[test]
fn a_page_is_at_most_a_mebibyte() {
    on_a_core(async {
        let gateway = Fixture::new(&many(0..150, 16_000));
        let pages = pages(&gateway, None).await;
        let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(
            (lengths.len(), lengths[0] == lengths[1]),
            (3, true),
            "{lengths:?}"
        );
        let expected: Vec<String> = (0..150).map(|number| format!("t{number:04}")).collect();
        assert_eq!(pages.concat(), expected);
    });
}

#[test]
fn a_cursor_continues_after_its_key_even_if_that_is_gone() {
    on_a_core(async {
        let gateway = Fixture::new(&many(0..1_002, 0));
        let first = gateway.modern("tools/list", json!({})).await.result();
        let (names, next) = page(&first);
        let next = next.unwrap();
        assert_eq!(
            (names.len(), cursor::decode(&next).as_deref()),
            (1_000, Some("t0999"))
        );
        gateway.publish(&many((0..500).chain(1_001..1_003), 0));
        let rest = pages(&gateway, Some(next.clone())).await;
        assert_eq!(rest, [["t1001", "t1002"]]);
        gateway.publish(&many(0..2, 0));
        assert_eq!(pages(&gateway, Some(next)).await, [Vec::<String>::new()]);
    });
}

#[test]
fn any_key_is_a_cursor_and_the_empty_one_begins_at_the_start() {
    on_a_core(async {
        let gateway = Fixture::new(&many(0..4, 0));
        let check = async |after: &str, expected: &[&str]| {
            assert_eq!(
                pages(&gateway, Some(cursor::encode(after))).await,
                [expected],
                "{after:?}"
            );
        };
        assert_eq!(cursor::encode(""), "");
        check("", &["t0000", "t0001", "t0002", "t0003"]).await;
        check("s", &["t0000", "t0001", "t0002", "t0003"]).await;
        check("t0001", &["t0002", "t0003"]).await;
        check("t0001x", &["t0002", "t0003"]).await;
        check("t0003", &[]).await;
        check("\u{e9}", &[]).await;
    });
}

#[test]
fn a_cursor_that_cannot_be_read_is_refused() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        for (method, _) in LISTS {
            for cursor in [
                json!("!"),
                json!("a"),
                json!("dDAwMDE="),
                json!("dDAw MDE"),
                json!("_____w"),
                json!("dDAwMD\n"),
                json!(7),
                json!([]),
                json!({}),
                json!(true),
            ] {
                let expected = (200, -32602, json!(1), Value::Null);
                let reply = gateway.modern(method, json!({"cursor": cursor})).await;
                assert_eq!(refusal(&reply), expected, "{method} {cursor}");
                let reply = gateway
                    .legacy("2025-11-25", method, json!({"cursor": cursor}))
                    .await;
                assert_eq!(refusal(&reply), expected, "{method} {cursor}");
            }
            let reply = gateway.modern(method, json!({"cursor": null})).await;
            assert_eq!(
                reply.status.as_u16(),
                200,
                "no cursor and null are the same"
            );
            reply.result();
        }
    });
}

#[test]
fn an_entry_shows_what_the_object_says() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let check = async |method: &str, member: &str, expected: Value| {
            let result = gateway
                .legacy("2025-06-18", method, json!({}))
                .await
                .result();
            assert_eq!(result, json!({member: [expected]}));
        };
        check(
            "tools/list",
            "tools",
            json!({
                "name": "search",
                "description": "A tool of the tests.",
                "inputSchema": {"type": "object"},
            }),
        )
        .await;
        check("prompts/list", "prompts", json!({
            "name": "hello",
            "description": "A greeting.",
            "arguments": [{"name": "who", "required": true}, {"name": "tone", "required": false}],
        })).await;
        check(
            "resources/list",
            "resources",
            json!({
                "uri": "config://one",
                "name": "one",
                "description": "Read in tests.",
                "mimeType": "text/plain",
            }),
        )
        .await;
        check(
            "resources/templates/list",
            "resourceTemplates",
            json!({
                "uriTemplate": "docs://{id}",
                "name": "docs",
                "description": "Pages.",
            }),
        )
        .await;
    });
}
