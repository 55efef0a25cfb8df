//! Arguments: what is refused, and that what is taken is the same value.

use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use serde_json::{Value, json, value::RawValue};

use super::{Arguments, MAX_DEPTH, MAX_VALUES};

fn parse(text: &str) -> Result<Value, String> {
    let raw = RawValue::from_string(text.to_owned()).unwrap();
    Arguments::parse(Some(&raw)).map(|arguments| arguments.value)
}

fn refused(text: &str, word: &str) {
    let told = parse(text).unwrap_err();
    assert!(told.contains(word), "{word:?} in {told:?}");
}

/// `count` containers, one in the other; the innermost holds `core`.
fn nested(open: &str, close: &str, count: usize, core: &str) -> String {
    format!("{}{core}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn absent_arguments_are_an_empty_object() {
    let arguments = Arguments::parse(None).unwrap();
    assert_eq!((arguments.text, arguments.value), ("{}", json!({})));
}

#[test]
fn arguments_are_an_object() {
    for text in ["[]", "null", "1", "\"{}\"", "true"] {
        refused(text, "must be an object");
    }
}

#[test]
fn a_key_twice_in_one_object_is_refused_at_any_depth() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"\u0061":1}"#,
        r#"{"x":{"a":1,"a":2}}"#,
        r#"{"x":[[{"a":1},{"a":1,"a":2}]]}"#,
    ] {
        refused(text, "the key \"a\" is there twice");
    }
    let fine = r#"{"a":{"a":[{"a":1},{"a":2}]},"A":1,"":0}"#;
    assert_eq!(parse(fine), Ok(serde_json::from_str(fine).unwrap()));
}

#[test]
fn nesting_is_bounded_and_the_bound_is_the_same_for_arrays_and_objects() {
    let objects = |count: usize, core: &str| nested("{\"a\":", "}", count, core);
    let arrays =
        |count: usize, core: &str| format!("{{\"a\":{}}}", nested("[", "]", count - 1, core));
    for text in [
        objects(MAX_DEPTH, "1"),
        arrays(MAX_DEPTH, "1"),
        arrays(MAX_DEPTH, ""),
        objects(MAX_DEPTH - 1, "{}"),
    ] {
        assert_eq!(parse(&text), Ok(serde_json::from_str(&text).unwrap()));
    }
    for text in [
        objects(MAX_DEPTH + 1, "1"),
        arrays(MAX_DEPTH + 1, "1"),
        arrays(MAX_DEPTH + 1, ""),
        objects(MAX_DEPTH, "{}"),
        objects(10_000, "1"),
        arrays(100_000, ""),
    ] {
        refused(&text, "nested deeper than 64 levels");
    }
}

#[test]
fn the_number_of_values_is_bounded() {
    let array = |count: usize| format!("{{\"a\":[{}]}}", vec!["0"; count].join(","));
    let object = |count: usize| {
        let members: Vec<String> = (0..count)
            .map(|number| format!("\"{number}\":null"))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(parse(&array(MAX_VALUES - 2)).is_ok());
    refused(&array(MAX_VALUES - 1), "more than 100000 values");
    assert!(parse(&object(MAX_VALUES - 1)).is_ok());
    refused(&object(MAX_VALUES), "more than 100000 values");
}

#[test]
fn numbers_and_texts_that_no_value_can_hold_are_refused() {
    refused(r#"{"a":1e999}"#, "number out of range");
    refused(r#"{"a":"\ud800"}"#, "cannot be used");
    refused(r#"{"\udc00":1}"#, "cannot be used");
}

#[test]
fn members_keep_the_text_that_they_came_with() {
    let raw = RawValue::from_string(
        r#"{"big":12345678901234567890123, "f":1.0,"\u0061b" : [ 1 ] }"#.to_owned(),
    )
    .unwrap();
    let arguments = Arguments::parse(Some(&raw)).unwrap();
    let members: Vec<(String, &str)> = arguments
        .raw_members()
        .into_iter()
        .map(|(name, text)| (name.into_owned(), text))
        .collect();
    let expected = [
        ("big", "12345678901234567890123"),
        ("f", "1.0"),
        ("ab", "[ 1 ]"),
    ];
    assert_eq!(
        members,
        expected.map(|(name, text)| (name.to_owned(), text))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_is_what_serde_json_takes(name in any::<String>(), text in any::<String>(), number in any::<f64>(), integer in any::<i64>()) {
        let value = json!({"fixed": [number, integer, null, true], name: {"inner": text}});
        let taken = parse(&value.to_string());
        prop_assert_eq!(taken, Ok(serde_json::from_str(&value.to_string()).unwrap()));
    }
}
