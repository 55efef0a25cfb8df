//! Header values: once or not, and what base64 stands for.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use super::{NAME, Single, decoded, single};

#[test]
fn a_header_counts_only_if_it_is_there_once_and_is_text() {
    let check = |values: &[&[u8]], expected: Single<'_>| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).unwrap());
        }
        assert_eq!(single(&headers, &NAME), expected, "{values:?}");
    };
    check(&[], Single::Absent);
    check(&[b""], Single::Value(""));
    check(&[b" \ta b\t "], Single::Value("a b"));
    check(&[b"a", b"a"], Single::Unusable);
    check(&[b"a", b"b"], Single::Unusable);
    check(&["\u{e9}".as_bytes()], Single::Unusable);
}

#[test]
fn only_a_proper_wrapper_is_undone() {
    let check = |value: &str, expected: Option<&str>| {
        assert_eq!(decoded(value).as_deref(), expected, "{value}")
    };
    check("", Some(""));
    check("plain", Some("plain"));
    check("=?base64?aMOp?=", Some("h\u{e9}"));
    check("=?base64??=", Some(""));
    check("=?BASE64?aMOp?=", Some("=?BASE64?aMOp?="));
    check("=?base64?aMOp", Some("=?base64?aMOp"));
    check("x=?base64?aMOp?=", Some("x=?base64?aMOp?="));
    check("=?base64?=", Some("=?base64?="));
    check("=?base64?aA?=", None);
    check("=?base64?aA===?=", None);
    check("=?base64?aB==?=", None);
    check("=?base64?a-_b?=", None);
    check("=?base64?/w==?=", None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_wrapped(text in any::<String>()) {
        let value = format!("=?base64?{}?=", BASE64_STANDARD.encode(&text));
        prop_assert_eq!(decoded(&value).map(Cow::into_owned), Some(text));
    }
}
