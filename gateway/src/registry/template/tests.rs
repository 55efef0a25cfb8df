//! What templates are refused and why, what the others match, and that matching undoes expanding.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Part, Template, ValueError, encode_segment};

fn brace(text: &str) -> String {
    format!("\"{text}\" has an unclosed or stray brace; write {{name}}")
}

fn unsafe_path(text: &str, what: &str) -> String {
    format!("\"{text}\" holds {what}, which servers read differently; write the plain path")
}

#[test]
fn templates_are_parsed_into_literals_and_variables() {
    let check = |text: &str, expected: &[&str]| {
        let template = Template::parse(text).unwrap();
        let parts: Vec<String> = template
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Variable(name) => format!("<{name}>"),
            })
            .collect();
        assert_eq!(parts, expected);
        assert_eq!(
            template.is_literal(),
            !parts.iter().any(|part| part.starts_with('<'))
        );
    };
    check("", &[]);
    check("docs://all", &["docs://all"]);
    check("{a}", &["<a>"]);
    check("docs://{id}", &["docs://", "<id>"]);
    check(
        "/a/{b_1.c-d}/e-{f}.json",
        &["/a/", "<b_1.c-d>", "/e-", "<f>", ".json"],
    );
}

#[test]
fn templates_that_cannot_be_read_in_one_way_are_refused() {
    let check = |text: &str, expected: &str| {
        assert_eq!(Template::parse(text).unwrap_err().to_string(), expected);
    };
    for text in ["/a/{id", "/a/id}", "{", "}", "/{a}/}/{", "/a}{b}"] {
        check(text, &brace(text));
    }
    let name =
        |name: &str| format!("\"{name}\" is not a variable name; use letters, digits, _, - and .");
    check("/a/{}", &name(""));
    check("/a/{b c}", &name("b c"));
    check("/a/{{b}}", &name("{b"));
    check("/a/{b,c}", &name("b,c"));
    check("/a/{+b}", &name("+b"));
    check("/a/{é}", &name("é"));
    check(
        "/a/{b}{c}",
        "{c} follows another variable directly; put text such as / between them",
    );
}

#[test]
fn paths_that_servers_read_in_two_ways_are_refused() {
    let check = |text: &str, what: &str| {
        let expected = unsafe_path(&text.escape_debug().to_string(), what);
        assert_eq!(
            Template::parse_path(text).unwrap_err().to_string(),
            expected
        );
    };
    let character = "a control character, a space or a character outside ASCII";
    for text in [
        "/a\0b",
        "/a\nb",
        "/a\r\nX: y",
        "/a\tb",
        "/a b",
        "/ä",
        "/a\u{2025}",
        "/\u{7f}",
    ] {
        check(text, character);
    }
    for text in ["//", "//host/a", "/a//b", "/a//"] {
        check(text, "//");
    }
    for text in [
        "/..",
        "/a/..",
        "/../a",
        "/a/../b",
        "/.",
        "/a/./b",
        "/%2e%2e/a",
        "/%2E./a",
        "/.%2e",
        "/a/%2e",
    ] {
        check(text, "a dot segment");
    }
    for text in ["/a%2Fb", "/a%2fb", "/a%5cb", "/%252e%252e/", "/a%25"] {
        check(text, "an encoded slash, backslash or percent sign");
    }
    for text in ["/a%00", "/a%0d%0aX", "/%7F"] {
        check(text, "an encoded control character");
    }
    for text in ["/a%", "/a%2", "/a%zz", "/%é"] {
        let what = if text.is_ascii() {
            "% without two hexadecimal digits"
        } else {
            character
        };
        check(text, what);
    }
    check("/a?b=c", "? (put query values into parameters)");
    for text in ["/a#b", "/a\\b", "/a\"b", "/<a>", "/a^", "/a`", "/a|b"] {
        check(text, "a character that a path must encode");
    }
    for text in ["", "a", "http://elsewhere/a", "{a}/b"] {
        assert_eq!(
            Template::parse_path(text).unwrap_err().to_string(),
            format!("\"{text}\" must begin with /")
        );
    }
    assert_eq!(
        Template::parse_path("/a/{b").unwrap_err().to_string(),
        brace("/a/{b")
    );
}

#[test]
fn ordinary_paths_are_taken_as_they_are() {
    for text in [
        "/",
        "/api/items",
        "/api/items/",
        "/a.b/..c/d..",
        "/a/...",
        "/v1:batch",
        "/a;b=c/~d",
        "/caf%C3%A9",
        "/a%20b",
        "/a/{id}/b-{c}.json",
        "/.{a}",
    ] {
        assert_eq!(Template::parse_path(text).unwrap().text, text);
    }
}

#[test]
fn only_whole_texts_match_and_values_are_decoded_once() {
    let check = |template: &str, text: &str, expected: Option<&[(&str, &str)]>| {
        let template = Template::parse(template).unwrap();
        let found = template.matches(text);
        let found: Option<Vec<(&str, &str)>> = found.as_ref().map(|values| {
            let pairs = values.iter();
            pairs.map(|(name, value)| (*name, value.as_str())).collect()
        });
        assert_eq!(found.as_deref(), expected, "{text}");
    };
    check("docs://all", "docs://all", Some(&[]));
    check("docs://all", "docs://all/x", None);
    check("docs://{id}", "docs://a", Some(&[("id", "a")]));
    check("docs://{id}", "docs://a%20b", Some(&[("id", "a b")]));
    check("docs://{id}", "docs://a%2520b", Some(&[("id", "a%20b")]));
    check("docs://{id}", "docs://caf%C3%A9", Some(&[("id", "café")]));
    for text in [
        "docs://",
        "docs://a/b",
        "docs://a?b",
        "docs://a#b",
        "xdocs://a",
        "docs://%ff",
    ] {
        check("docs://{id}", text, None);
    }
    check(
        "/a/{b}/c/{d}.json",
        "/a/1/c/2.json",
        Some(&[("b", "1"), ("d", "2")]),
    );
    check("/a/{b}/c/{d}.json", "/a/1/c/2xjson", None);
    check("/a+(b)/{c}", "/a+(b)/1", Some(&[("c", "1")]));
    check("/a+(b)/{c}", "/aa(b)/1", None);
}

#[test]
fn equal_shapes_are_those_that_match_the_same_texts() {
    let shape = |text: &str| Template::parse(text).unwrap().shape();
    assert_eq!(shape("/a/{b}"), shape("/a/{c}"));
    assert_ne!(shape("/a/{b}"), shape("/a/{b}/c"));
    assert_ne!(shape("/a/b"), shape("/a/{b}"));
}

#[test]
fn values_that_a_server_could_read_as_structure_are_refused() {
    let check = |value: &str, allow_slash: bool, expected: Result<&str, ValueError>| {
        assert_eq!(
            encode_segment(value, allow_slash),
            expected.map(str::to_owned),
            "{value:?}"
        );
    };
    let slash = ValueError::Character("/ or \\");
    let control = ValueError::Character("a control character");
    check("a b", false, Ok("a%20b"));
    check("a;b=c,d:e@f", false, Ok("a%3Bb%3Dc%2Cd%3Ae%40f"));
    check("é?#%", false, Ok("%C3%A9%3F%23%25"));
    check("a-b._~c", false, Ok("a-b._~c"));
    check("...", false, Ok("..."));
    check("100%", false, Ok("100%25"));
    check("%41", false, Ok("%2541"));
    for (value, error) in [
        ("", ValueError::Empty),
        (".", ValueError::Dots),
        ("..", ValueError::Dots),
        ("%2e%2E", ValueError::Dots),
        (".%2e", ValueError::Dots),
        ("a/b", slash.clone()),
        ("a%2Fb", slash.clone()),
        ("a%2f..%2fadmin", slash.clone()),
        ("a\\b", slash.clone()),
        ("a%5Cb", slash.clone()),
        ("a\nb", control.clone()),
        ("a%0d%0ab", control.clone()),
        ("a\0", control.clone()),
        ("a%00", control),
    ] {
        check(value, false, Err(error));
    }
    check("a/b c", true, Ok("a/b%20c"));
    for (value, error) in [
        ("/a", ValueError::Empty),
        ("a/", ValueError::Empty),
        ("a//b", ValueError::Empty),
        ("a/../b", ValueError::Dots),
        ("a/%2e%2e/b", ValueError::Dots),
        ("a%2fb", slash.clone()),
        ("a\\b", slash),
    ] {
        check(value, true, Err(error));
    }
}

proptest! {
    #[test]
    fn what_was_expanded_is_what_matching_gives_back(value in any::<String>(), other in "[^/]{1,12}") {
        let template = Template::parse("docs://shelf/{a}/book/{b}.txt").unwrap();
        if let (Ok(a), Ok(b)) = (encode_segment(&value, false), encode_segment(&other, false)) {
            let text = format!("docs://shelf/{a}/book/{b}.txt");
            prop_assert_eq!(template.matches(&text), Some(vec![("a", value), ("b", other)]));
        }
    }

    #[test]
    fn an_accepted_value_is_one_segment_of_harmless_characters(value in any::<String>()) {
        if let Ok(encoded) = encode_segment(&value, false) {
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert!(!encoded.is_empty() && encoded != "." && encoded != "..");
        }
        if let Ok(encoded) = encode_segment(&value, true) {
            prop_assert!(encoded.split('/').all(|segment| !["", ".", ".."].contains(&segment)));
        }
    }

    #[test]
    fn parsing_never_panics_and_keeps_the_text(text in "[/{}a-c.%2eF?#\\\\ é]{0,24}") {
        for template in [Template::parse(&text), Template::parse_path(&text)].into_iter().flatten() {
            prop_assert_eq!(&template.text, &text);
            let _any = template.matches(&text);
        }
    }
}
