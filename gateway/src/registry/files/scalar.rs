//! What one YAML scalar is as JSON, read as `kubectl apply` reads it, so that a file means the same
//! here and in a cluster: YAML 1.1 words such as `yes`, `on` and `y` are booleans where unquoted.

use serde_json::{Number, Value};

/// A scalar, and what its writer may not have meant.
#[derive(Debug, PartialEq)]
pub(super) struct Scalar {
    /// The value as JSON.
    pub(super) value: Value,
    /// Whether the text is one of the words that only older YAML takes for a boolean.
    pub(super) surprising: bool,
}

/// Reads an unquoted scalar without a tag.
pub(super) fn plain(text: &str) -> Result<Scalar, String> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Ok(surprise(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Ok(surprise(false)),
        _ => match number(text) {
            Some(number) => number?,
            None => Value::from(text),
        },
    };
    Ok(Scalar {
        value,
        surprising: false,
    })
}

/// Reads a scalar with one of YAML's own tags, `suffix` being what follows `!!`.
pub(super) fn tagged(suffix: &str, text: &str) -> Result<Value, String> {
    let read = plain(text)?.value;
    let fits = match suffix {
        "str" | "binary" | "timestamp" => return Ok(Value::from(text)),
        "null" => read.is_null(),
        "bool" => read.is_boolean(),
        "int" => read.is_i64() || read.is_u64(),
        "float" => read.is_number(),
        _ => false,
    };
    if fits {
        Ok(read)
    } else {
        Err(format!(
            "{text:?} is not a !!{suffix}; take the tag away or quote the value"
        ))
    }
}

fn surprise(value: bool) -> Scalar {
    Scalar {
        value: Value::Bool(value),
        surprising: true,
    }
}

/// A number in any notation that kubectl knows; `None` where the text is no number.
fn number(text: &str) -> Option<Result<Value, String>> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        let message = format!("{text} is no number in JSON; write a finite number, or quote it");
        return Some(Err(message));
    }
    if text.len() - unsigned.len() > 1
        || !unsigned.starts_with(|c: char| c == '.' || c.is_ascii_digit())
    {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let negative = text.starts_with('-');
    if let Some(value) = integer(&digits, negative) {
        return Some(Ok(value));
    }
    if !is_decimal(&digits) {
        return None;
    }
    let magnitude: f64 = digits.parse().ok()?;
    let number = Number::from_f64(if negative { -magnitude } else { magnitude });
    Some(
        number.map(Value::Number).ok_or_else(|| {
            format!("{text} is too large for a number; quote it to make it a string")
        }),
    )
}

/// A whole number within 64 bits: decimal, or with the prefix `0x`, `0o`, `0b`, or `0` for octal.
fn integer(digits: &str, negative: bool) -> Option<Value> {
    let lower = digits.to_ascii_lowercase();
    let (radix, bare) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if bare.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from_str_radix(bare, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    i64::try_from(value)
        .map(Value::from)
        .or_else(|_| u64::try_from(value).map(Value::from))
        .ok()
}

/// `12`, `.5`, `1.`, `1.5e-3`: what may be read as a floating-point number.
fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let bare = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !bare.is_empty() && all_digits(bare)
    });
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent_fits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::{plain, tagged};

    fn check(text: &str, expected: Value) {
        assert_eq!(plain(text).unwrap().value, expected, "{text:?}");
    }

    #[test]
    fn plain_scalars_are_what_kubectl_makes_of_them() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("tRuE", json!("tRuE")),
            ("8080", json!(8080)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("0755", json!(493)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("08", json!(8.0)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            ("1.2.3", json!("1.2.3")),
            ("10.0.0.1", json!("10.0.0.1")),
            ("1e", json!("1e")),
            (".", json!(".")),
            ("-", json!("-")),
            ("--1", json!("--1")),
            ("0x", json!("0x")),
            ("30s", json!("30s")),
            ("2026-11-22", json!("2026-11-22")),
            ("12:30", json!("12:30")),
        ] {
            check(text, expected);
        }
        assert_eq!(
            plain("36893488147419103232").unwrap().value,
            json!(3.6893488147419103e19)
        );
    }

    #[test]
    fn words_that_only_old_yaml_takes_for_booleans_are_marked() {
        for (word, value) in [
            ("yes", true),
            ("y", true),
            ("on", true),
            ("No", false),
            ("off", false),
        ] {
            let scalar = plain(word).unwrap();
            assert_eq!(
                (scalar.value, scalar.surprising),
                (json!(value), true),
                "{word}"
            );
        }
        assert!(!plain("true").unwrap().surprising);
    }

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        for text in [".inf", "-.Inf", ".nan", "1e999"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_force_the_type_or_refuse() {
        assert_eq!(tagged("str", "8080").unwrap(), json!("8080"));
        assert_eq!(tagged("int", "8080").unwrap(), json!(8080));
        assert_eq!(tagged("float", "8080").unwrap(), json!(8080));
        assert!(tagged("int", "many").unwrap_err().contains("not a !!int"));
        assert!(tagged("set", "x").is_err());
    }
}
