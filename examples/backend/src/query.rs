//! Reads one parameter of a query string.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The first value with this name, decoded as forms are: `+` is a space.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    query?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value).into_owned())
    })
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::parameter;

    fn check(query: &str, expected: Option<&str>) {
        assert_eq!(parameter(Some(query), "q").as_deref(), expected, "{query}");
    }

    #[test]
    fn the_first_value_of_a_name_is_decoded() {
        check("q=a", Some("a"));
        check("x=1&q=a+b%26c&q=later", Some("a b&c"));
        check("%71=coded", Some("coded"));
        check("q", Some(""));
        check("x=1", None);
        check("", None);
        assert_eq!(parameter(None, "q"), None);
    }
}
