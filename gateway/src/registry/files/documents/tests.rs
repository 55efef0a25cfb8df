//! What is YAML here, what is not, and what is bounded.

use serde_json::{Value, json};

use super::parse;

/// The values of all documents, with their lines.
fn read(text: &str) -> Vec<(usize, Value)> {
    parse(text)
        .unwrap()
        .into_iter()
        .map(|document| (document.line, document.value))
        .collect()
}

fn check(text: &str, expected: Value) {
    let values: Vec<Value> = read(text).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [expected], "{text:?}");
}

fn check_refused(text: &str, line: usize, message: &str) {
    let broken = parse(text).unwrap_err();
    assert!(
        broken.message.contains(message),
        "{text:?}: {}",
        broken.message
    );
    assert_eq!(broken.line, line, "{text:?}: {}", broken.message);
}

#[test]
fn documents_know_the_lines_of_their_content() {
    let text = "# first\n\nkind: A\n---\n# nothing\n---\n\nkind: B\n...\n---\n- 1\n";
    assert_eq!(
        read(text),
        [
            (3, json!({"kind": "A"})),
            (8, json!({"kind": "B"})),
            (11, json!([1]))
        ]
    );
    let indexes: Vec<usize> = parse(text)
        .unwrap()
        .iter()
        .map(|document| document.index)
        .collect();
    assert_eq!(indexes, [0, 2, 3]);
}

#[test]
fn a_text_with_nothing_in_it_has_no_documents() {
    for text in [
        "",
        "\n\n",
        "# only a comment",
        "---\n---\n",
        "~",
        "---\nnull\n",
    ] {
        assert_eq!(read(text), [], "{text:?}");
    }
}

#[test]
fn line_endings_of_any_kind_mean_the_same() {
    check("a: 1\r\nb:\r\n  - x\r\n", json!({"a": 1, "b": ["x"]}));
    check("a: |\r\n  x\r\n  y\r\n", json!({"a": "x\ny\n"}));
}

#[test]
fn json_is_yaml() {
    check(
        "{\n\t\"a\": [1, 2.5, \"\\ud83d\\ude00\\/\", null],\n\t\"b\": {\"c\": false}\n}",
        json!({"a": [1, 2.5, "😀/", null], "b": {"c": false}}),
    );
}

#[test]
fn anchors_and_merges_are_written_out() {
    check(
        "base: &base {a: 1, b: 2}\nuse: *base\nmore:\n  <<: *base\n  b: 3\nmost:\n  <<: [{a: 9}, *base]\n",
        json!({"base": {"a": 1, "b": 2}, "use": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "most": {"a": 9, "b": 2}}),
    );
}

#[test]
fn keys_become_text() {
    check(
        "1: a\ntrue: b\n1.5: c\n",
        json!({"1": "a", "true": "b", "1.5": "c"}),
    );
}

#[test]
fn words_that_kubectl_takes_for_booleans_are_warned_about() {
    let documents = parse("properties:\n  x: {}\n  y: {}\nhint: no\n").unwrap();
    assert_eq!(
        documents[0].value,
        json!({"properties": {"x": {}, "true": {}}, "hint": false})
    );
    let warned: Vec<_> = documents[0]
        .warnings
        .iter()
        .map(|(line, message)| (*line, message.as_str()))
        .collect();
    assert_eq!(
        warned,
        [
            (
                3,
                "y without quotes is the boolean true to kubectl; write \"y\" if the word is meant"
            ),
            (
                4,
                "no without quotes is the boolean false to kubectl; write \"no\" if the word is meant"
            ),
        ]
    );
}

#[test]
fn what_is_not_yaml_is_refused_with_its_line() {
    check_refused("a: 1\nb: [1, 2\nc: 3\n", 3, "not YAML");
    check_refused("a:\n\tb: 1\n", 2, "indent with spaces");
    check_refused("a: 1\n b: 2\n", 2, "not YAML");
    check_refused("a: *nowhere\n", 1, "not YAML");
    check_refused("a: \"x\n", 1, "not YAML: unclosed quote");
    check_refused("a: !mine x\n", 1, "the tag !mine is not known here");
    check_refused("a: !!int many\n", 1, "not a !!int");
    check_refused("a: .inf\n", 1, "no number in JSON");
    check_refused("? [a]\n: b\n", 1, "a key must be text");
    check_refused("a: 1\n: b\n", 2, "a key is missing");
    check_refused("{{ template }}: 1\n", 1, "a key must be text");
    check_refused("<<: 5\n", 1, "<< takes an object");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    check_refused(
        "a: 1\nb: 2\na: 3\n",
        3,
        "the key \"a\" stands here a second time",
    );
    check_refused("{\"a\": 1, \"a\": 2}", 1, "second time");
}

#[test]
fn anchors_cannot_blow_a_file_up() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let uses = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{uses}]\n"));
    }
    check_refused(&bomb, 6, "stands for more than 1000000 values");

    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        vec!["*a"; 40].join(", ")
    );
    check_refused(&text, 2, "MiB of text");
    check_refused("a: &a [*a]\n", 1, "alias");
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    check_refused(
        &format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
        1,
        "nest",
    );
    check_refused(&"- ".repeat(5000), 1, "nest");
    let steps: String = (0..200)
        .map(|level| format!("a{}: &a{} {{x: *a{level}}}\n", level + 1, level + 1))
        .collect();
    check_refused(
        &format!("a0: &a0 {{}}\n{steps}"),
        100,
        "nested deeper than 100 levels",
    );
    let fits = format!("{}1{}", "[".repeat(90), "]".repeat(90));
    assert_eq!(read(&fits).len(), 1);
}
