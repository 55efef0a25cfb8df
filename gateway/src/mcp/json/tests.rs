//! Splicing against serde_json: the same text, the same value.

use proptest::prelude::{
    BoxedStrategy, Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq,
    prop_oneof, proptest,
};
use serde_json::{Map, Value};

use super::{minified, push_string};

fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    push_string(&mut out, text);
    String::from_utf8(out).unwrap()
}

/// Any JSON value, with strings full of what a careless minifier would take for structure.
fn values() -> BoxedStrategy<Value> {
    let text = prop_oneof![
        any::<String>(),
        "[ \\t\\n\\r\"\\\\{}\\[\\],:]{0,12}".boxed()
    ]
    .boxed();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    let inner = leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|members| Value::from(Map::from_iter(members))),
        ]
    });
    inner.boxed()
}

#[test]
fn every_character_below_0x80_is_escaped_as_serde_json_does() {
    for byte in 0..0x80_u8 {
        let text = format!("a{}b", char::from(byte));
        assert_eq!(
            escaped(&text),
            serde_json::to_string(&text).unwrap(),
            "{byte:#04x}"
        );
    }
}

#[test]
fn white_space_between_tokens_goes_and_in_strings_stays() {
    let check = |text: &str, expected: &str| assert_eq!(minified(text), expected);
    check(" { \"a b\" :\r\n\t[ 1 , 2.50 ] } ", r#"{"a b":[1,2.50]}"#);
    check(
        r#"{ "a\" b" : " \\" , "c" : "\\\" d" }"#,
        r#"{"a\" b":" \\","c":"\\\" d"}"#,
    );
    check("\"\u{a0}\u{2028}\"", "\"\u{a0}\u{2028}\"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_string_is_escaped_as_serde_json_does(text in any::<String>()) {
        prop_assert_eq!(escaped(&text), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn minified_text_is_the_same_value_on_one_line(value in values()) {
        // The value as read from the text: some floats are not what they were after one round trip.
        let text = serde_json::to_string_pretty(&value).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        let small = minified(&text);
        prop_assert_eq!(serde_json::from_str::<Value>(&small).unwrap(), read);
        prop_assert_eq!(&small, &value.to_string());
        prop_assert!(!small.contains(['\n', '\r']));
    }
}
